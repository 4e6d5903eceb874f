// Closes scripts/drift: the median run (by p95), the worst, what was void, as JSON.
import { readdirSync, readFileSync, statSync } from 'node:fs';

const out = new URL('.out/', import.meta.url);
const name = process.argv[2];
const since = statSync(new URL('since', out)).mtimeMs;
const runs = readdirSync(out)
  .filter((file) => file.startsWith(`${name}-`) && /Z\.json$/.test(file) && statSync(new URL(file, out)).mtimeMs >= since)
  .map((file) => ({ file, ...JSON.parse(readFileSync(new URL(file, out), 'utf8')) }));
const counted = runs.filter((run) => !run.void).sort((a, b) => a.p95 - b.p95);
const middle = counted[(counted.length - 1) >> 1];
console.log(JSON.stringify({ profile: name, runs: runs.length, void: runs.length - counted.length, median: middle, worst: counted.at(-1) }, null, 1));
