// A run as a picture: the spread over all pages through time, acts as lines.
import type { Act, Row } from './judge';

const WIDTH = 900;
const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 24;
/** The top of the scale in ms; what is larger is cut. */
const TOP = 100;

export function draw(rows: Row[], acts: Act[]): string {
  const from = rows[0]?.at ?? 0;
  const to = rows.at(-1)?.at ?? 1;
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - 8);
  const y = (ms: number): number => HEIGHT - BOTTOM - (Math.min(ms, TOP) / TOP) * (HEIGHT - BOTTOM - 20);
  const line = rows.map((row) => `${x(row.at).toFixed(1)},${y(row.spread).toFixed(1)}`).join(' ');
  const levels = [0, 20, 50, 100].map(
    (ms) =>
      `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(ms)}" y2="${y(ms)}" stroke="#cbd0da"/>` +
      `<text x="${LEFT - 6}" y="${y(ms) + 4}" text-anchor="end">${ms} ms</text>`
  );
  const marks = acts.map(
    (act) =>
      `<line x1="${x(act.at).toFixed(1)}" x2="${x(act.at).toFixed(1)}" y1="14" y2="${HEIGHT - BOTTOM}" stroke="#c0271d" stroke-dasharray="3 3"/>` +
      `<text x="${(x(act.at) + 3).toFixed(1)}" y="12">${act.what}</text>`
  );
  const seconds = Math.round((to - from) / 1000);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11" fill="#4b5363">
<rect width="100%" height="100%" fill="#fff"/>
${[...levels, ...marks].join('\n')}
<text x="${WIDTH - 8}" y="${HEIGHT - 8}" text-anchor="end">${seconds} s; spread over all pages</text>
<polyline points="${line}" fill="none" stroke="#3a55cf" stroke-width="1.2"/>
</svg>
`;
}
