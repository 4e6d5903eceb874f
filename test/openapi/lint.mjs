// Lints an OpenAPI document with the strictest rules of a linter that knows
// nothing of this project. Needs web/node_modules (npm ci in web).
// Run: node test/openapi/lint.mjs openapi.json; prints what is wrong, as
// "where: what (rule)", and then fails.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const root = new URL('../../', import.meta.url).pathname;
const { createConfig, lintFromString } = await import(
  createRequire(root + 'web/package.json').resolve('@redocly/openapi-core')
);

// What the rules do not know of, by rule and place.
const excused = new Map([
  ['operation-2xx-response #/paths/~1api~1rooms~1{room}~1socket/get/responses', 'a WebSocket: 101 is its good answer'],
  ['operation-4xx-response #/paths/~1healthz/get/responses', 'nothing about the request can be wrong'],
  ['operation-4xx-response #/paths/~1readyz/get/responses', 'nothing about the request can be wrong']
]);

const found = await lintFromString({
  source: readFileSync(process.argv[2], 'utf8'),
  absoluteRef: process.argv[2],
  config: await createConfig({ extends: ['recommended-strict'] })
});
const problems = found.filter((p) => !excused.delete(`${p.ruleId} ${p.location[0]?.pointer}`));
for (const p of problems) {
  console.log(`${p.location[0]?.pointer ?? ''}: ${p.message} (${p.ruleId})`);
}
for (const [rule, why] of excused) {
  console.log(`excused for no reason: ${rule} (${why})`);
}
process.exitCode = problems.length + excused.size ? 1 : 0;
