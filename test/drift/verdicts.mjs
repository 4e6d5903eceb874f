// What was promised of a profile (profiles.ts) against what runs of it showed.

/**
 * One verdict for each promise. The spread, the rates and their changes are the median
 * run's; what takes time is judged over all acts of all runs, because one run has too few.
 */
export function verdicts(runs, median) {
  const { p50, p95, p99, settle, stall, inPlace, firstFrame, seeks, rateChanges, rates } = median.promised;
  const found = [];
  const judge = (limit, what, seen, unit = ' ms') => {
    // What could not be measured is no promise kept; null is what JSON makes of NaN.
    if (limit !== undefined) found.push({ what, seen: `${seen}${unit}`, limit: `at most ${limit}${unit}`, met: Number.isFinite(seen) && seen <= limit });
  };
  judge(p50, 'spread p50, median run', median.p50);
  judge(p95, 'spread p95, median run', median.p95);
  judge(p99, 'spread p99, median run', median.p99);
  const together = `within ${median.back} ms`;
  judge(settle, `${together} after play, seek and resume, p95 of all runs`, p95Of(settled(runs, ['play', 'seek', 'resume'])));
  judge(stall, `${together} after a stall, p95 of all runs`, p95Of(settled(runs, ['stall'])));
  judge(inPlace, `${together} after a return, p95 of all runs`, p95Of(settled(runs, ['return', 'shown'])));
  judge(firstFrame, 'first pictures after play apart, p95 of all runs', p95Of(runs.flatMap((run) => run.firstFrame)));
  if (seeks !== undefined) found.push(corrective(runs, seeks));
  if (rateChanges !== undefined) {
    const seen = Math.max(...Object.values(median.rateChangesPerMinute));
    found.push({ what: 'rate changes a minute, the page with most, median run', seen: `${seen}`, limit: `fewer than ${rateChanges}`, met: seen < rateChanges });
  }
  if (rates) {
    const [slowest, fastest] = median.rates;
    found.push({ what: 'rates, median run', seen: median.rates.map((rate) => Math.round(rate * 1000) / 1000).join('–'), limit: rates.join('–'), met: slowest >= rates[0] && fastest <= rates[1] });
  }
  return found;
}

/** So many seeks in ten minutes are the summed time of all runs; less time than that allows as many. */
function corrective(runs, most) {
  const minutes = runs.reduce((sum, run) => sum + run.playedMinutes, 0);
  const seen = runs.flatMap((run) => Object.values(run.correctiveSeeks)).reduce((a, b) => a + b, 0);
  const allowed = most * Math.max(1, Math.floor(minutes / 10));
  return { what: 'seeks of any page outside of acts, all runs', seen: `${seen} in ${minutes.toFixed(1)} min`, limit: `at most ${most} in 10 min`, met: seen <= allowed };
}

const settled = (runs, what) => runs.flatMap((run) => run.settle.filter((act) => what.includes(act.what)).map((act) => act.ms));

/** Like judge.ts; one that could not be measured is worse than all others. */
function p95Of(values) {
  const sorted = values.map((ms) => ms ?? Infinity).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? NaN;
}
