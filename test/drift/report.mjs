// Closes scripts/drift: one verdict for each promise, over the runs that count.
//
//   node test/drift/report.mjs PROFILE RUNS [FOLDER]
//
// FOLDER holds the runs and `since`; older ones are not looked at. Writes there
// PROFILE-report.json and PROFILE.md, the rows for docs/SYNC.md; and the median
// of five runs or more to docs/sync. Ends with 0 when every promise was kept, 1
// when one was not, 3 when fewer than RUNS runs count.
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verdicts } from './verdicts.mjs';

const root = new URL('../../', import.meta.url).pathname;
const [name, wanted, out = join(root, 'test/drift/.out')] = process.argv.slice(2);
const since = statSync(join(out, 'since')).mtimeMs;
const runs = readdirSync(out)
  .filter((file) => file.startsWith(`${name}-`) && /Z\.json$/.test(file) && statSync(join(out, file)).mtimeMs >= since)
  .map((file) => ({ file, ...JSON.parse(readFileSync(join(out, file), 'utf8')) }));
const counted = runs.filter((run) => !run.void).sort((a, b) => a.p95 - b.p95);
const median = counted[(counted.length - 1) >> 1];

console.log(`${name}: ${counted.length} runs count, ${runs.length - counted.length} void`);
for (const run of runs.filter((each) => each.void)) console.log(`void    others took ${Math.round(run.others * 100)} %, the host ${run.stolenSeconds} s; spread ${spread(run)}`);
const lines = median ? verdicts(counted, median) : [];
for (const line of lines) console.log(`${line.met ? 'kept  ' : 'MISSED'}  ${line.what}: ${line.seen} (promised: ${line.limit})`);
const report = { profile: name, runs: runs.length, void: runs.length - counted.length, verdicts: lines, median, worst: counted.at(-1) };
writeFileSync(join(out, `${name}-report.json`), JSON.stringify(report, null, 1));
if (median) {
  const markdown = [row('median', median), row('worst', counted.at(-1)), '', `All: ${counted.map(spread).join(', ')}.`].join('\n') + '\n';
  writeFileSync(join(out, `${name}.md`), markdown);
  console.log(`\n${markdown}`);
  if (counted.length >= 5 && median.source === 'mp4' && median.script === 'run' && median.pages < 6) publish();
}
if (counted.length < Number(wanted)) console.log(`only ${counted.length} of ${wanted} runs count: this says nothing`);
process.exit(lines.some((line) => !line.met) ? 1 : counted.length < Number(wanted) ? 3 : 0);

function spread(run) {
  return `${run.p50} / ${run.p95} / ${run.p99}`;
}

/** A line of the table in docs/SYNC.md. */
function row(which, run) {
  const { p50 = '–', p95 = '–', p99 = '–' } = run.promised;
  const source = { hls: ', HLS by hls.js (`SOURCE=hls`)', mixed: ', HLS on one page only (`SOURCE=mixed`)' }[run.source] ?? '';
  const ms = (act) => Math.round(act.ms).toLocaleString('en-US');
  const away = { return: 'after the outage', shown: 'after being shown' };
  const settled = [
    run.settle.filter(({ what }) => !away[what]).map(ms).join(' · '),
    run.settle.filter(({ what }) => away[what]).map((act) => `${ms(act)} ${away[act.what]}`).join(', ')
  ];
  const many = ['no', 'one', 'two', 'three', 'four', 'five', 'six'][counted.length] ?? counted.length;
  const title = { lan: 'LAN' }[name] ?? name[0].toUpperCase() + name.slice(1);
  return `| ${title}${source}, ${which} of ${many} | ${p50} / ${p95} / ${p99} | ${spread(run)} | ${settled.filter(Boolean).join('; ')} |`;
}

/** Five runs are what the documents speak of: their median is kept there. */
function publish() {
  for (const kind of ['json', 'svg']) copyFileSync(join(out, median.file.replace(/json$/, kind)), join(root, 'docs/sync', `${name}.${kind}`));
  console.log(`the median is in docs/sync/${name}.json and ${name}.svg now`);
}
