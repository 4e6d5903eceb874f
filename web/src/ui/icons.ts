// Line icons on a grid of 24, strokes of 1.8. `solid` ones are filled instead.
type Shape = { d: string; solid?: boolean };

const dot = (x: number, y: number, r: number): string => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const box = (x: number, y: number, w: number, h: number): string => `M${x} ${y}h${w}v${h}h${-w}z`;

export const icons = {
  play: { d: 'M7.5 5v14L19 12z', solid: true },
  plus: { d: 'M12 5v14M5 12h14' },
  close: { d: 'M6 6l12 12M18 6L6 18' },
  back: { d: 'M14.5 5.5L8 12l6.5 6.5' },
  down: { d: 'M12 5v14M6 13l6 6 6-6' },
  search: { d: `${dot(10.5, 10.5, 6)}M15 15l5 5` },
  lock: { d: `${box(5, 11, 14, 9)}M8 11V8a4 4 0 0 1 8 0v3` },
  people: { d: `${dot(9, 8, 3.2)}M3 19.5c0-3.3 2.6-5.5 6-5.5s6 2.2 6 5.5M15.5 5.2a3.2 3.2 0 0 1 0 5.9M17.5 14.4c2.2.7 3.5 2.6 3.5 5.1` },
  link: { d: 'M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7L12 17.7' },
  send: { d: 'M4.5 11.5L20 4.5l-5.5 15.5-3-6.5zM11.5 13.5L20 4.5' },
  sliders: { d: `M4 8h8M18 8h2M4 16h2M12 16h8${dot(15, 8, 2.4)}${dot(9, 16, 2.4)}` },
  broadcast: { d: `${dot(12, 12, 1.6)}M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.7 18.3a9 9 0 0 1 0-12.6M18.3 5.7a9 9 0 0 1 0 12.6` },
  folder: { d: 'M3.5 6.5h6l2 2.5h9v10h-17z' },
  film: { d: `${box(4, 5, 16, 14)}M8 5v14M16 5v14M4 12h16` },
  copy: { d: `${box(9, 9, 11, 11)}M15 9V4H4v11h5` },
  reply: { d: 'M9.5 6L4 11.5 9.5 17M4 11.5h10a6 6 0 0 1 6 6v.5' },
  pencil: { d: 'M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5zM13.5 7l3.5 3.5' },
  bin: { d: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.5 10.5v6M13.5 10.5v6' },
  smile: { d: `${dot(12, 12, 8)}M8.5 14c.8 1.4 2 2.1 3.5 2.1s2.7-.7 3.5-2.1M9.3 9.6v.1M14.7 9.6v.1` },
  danmaku: { d: `${box(3, 5.5, 18, 13)}M6.5 9.5h7M9.5 12.5h8M6.5 15.5h5` },
  check: { d: 'M5 12.5l4.5 4.5L19 7.5' },
  alert: { d: `M12 4L21 19.5H3zM12 10v4.5M12 17v.1` },
  more: { d: `${dot(5.5, 12, 1.2)}${dot(12, 12, 1.2)}${dot(18.5, 12, 1.2)}` },
  door: { d: `M6 20V4h9v16M3 20h18M12 12v.1` }
} as const satisfies Record<string, Shape>;

export type IconName = keyof typeof icons;
export const shapeOf = (name: IconName): Shape => icons[name];
