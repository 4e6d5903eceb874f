// The drift rig's judge: what was promised is compared, and what others disturbed counts for nothing.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { profiles } from '../drift/profiles';

const home = {
  ...{ profile: 'home', source: 'mp4', script: 'run', pages: 4, others: 0.01, stolenSeconds: 0, void: false, back: 50 },
  ...{ promised: profiles['home']!.most, p50: 2, p95: 5, p99: 6, firstFrame: [10], playedMinutes: 1.2, rates: [0.96, 1.04] },
  settle: [{ what: 'play', ms: 20 }, { what: 'seek', ms: 150 }, { what: 'stall', ms: 500 }, { what: 'late', ms: 9000 }],
  correctiveSeeks: { 'page 1': 0, 'page 2': 0 },
  rateChangesPerMinute: { 'page 1': 14, 'page 2': 9 }
};

/** What the judge says of these runs. */
async function judged(...runs: object[]): Promise<{ code: number | null; lines: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'synctv-runs-'));
  await writeFile(join(folder, 'since'), '');
  for (const [i, run] of runs.entries()) await writeFile(join(folder, `home-mp4-${i}Z.json`), JSON.stringify(run));
  const { status, stdout } = spawnSync('node', [resolve(__dirname, '../drift/report.mjs'), 'home', '3', folder], { encoding: 'utf8' });
  await rm(folder, { recursive: true });
  return { code: status, lines: stdout.split('\n') };
}

test('runs that keep every promise pass, and say so for each', async () => {
  const { code, lines } = await judged(home, home, home);
  expect(code).toBe(0);
  expect(lines.filter((line) => line.startsWith('kept'))).toHaveLength(8);
});

for (const [what, worse] of Object.entries({
  'spread p95': { p95: 21 },
  'spread p50': { p50: null },
  'play, seek and resume': { settle: [...home.settle, { what: 'seek', ms: 501 }] },
  'after a stall': { settle: [...home.settle, { what: 'stall', ms: 1501 }] },
  'seeks of any page': { correctiveSeeks: { 'page 1': 1, 'page 2': 0 } },
  'rate changes': { rateChangesPerMinute: { 'page 1': 20 } },
  'rates, median': { rates: [0.9, 1.04] }
})) {
  test(`a promise that is missed is named: ${what}`, async () => {
    const { code, lines } = await judged(...[1, 2, 3].map(() => ({ ...home, ...worse })));
    expect(code).toBe(1);
    const missed = lines.filter((line) => line.startsWith('MISSED'));
    expect(missed).toHaveLength(1);
    expect(missed.join()).toContain(what);
  });
}

test('one bad run of three is not the median; a void one is neither', async () => {
  expect((await judged(home, home, { ...home, p95: 90 })).code).toBe(0);
  const { code, lines } = await judged(home, home, { ...home, p95: 90, others: 0.6, void: true });
  expect(code).toBe(3);
  expect(lines).toContain('only 2 of 3 runs count: this says nothing');
});
