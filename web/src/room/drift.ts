/** Seconds the sync panel looks back. */
export const MINUTE = 60;

/** The last minute of samples with one more (ms; one a second). */
export const remember = (samples: readonly number[], error_ms: number): number[] =>
  [...samples.slice(-(MINUTE - 1)), Number.isFinite(error_ms) ? error_ms : 0];

/** The largest distance, at least 20 ms so that a calm minute is drawn calm. */
export const scaleOf = (samples: readonly number[]): number => Math.max(20, ...samples.map(Math.abs));

/** The samples as SVG points in a box; the newest at the right edge, zero in the middle. */
export function points(samples: readonly number[], width: number, height: number): string {
  const scale = scaleOf(samples);
  const step = width / (MINUTE - 1);
  const x0 = width - (samples.length - 1) * step;
  const y = (ms: number): number => height / 2 - (ms / scale) * (height / 2 - 1);
  return samples.map((ms, i) => `${(x0 + i * step).toFixed(1)},${y(ms).toFixed(1)}`).join(' ');
}
