/** The player's icons on a grid of 24, strokes of 1.8; `solid` ones are filled instead. */
export const glyphs = {
  play: { d: 'M7.5 5v14L19 12z', solid: true },
  pause: { d: 'M7 5h3.6v14H7zM13.4 5H17v14h-3.6z', solid: true },
  next: { d: 'M6 5v14l9-7zM16.5 5H19v14h-2.5z', solid: true },
  previous: { d: 'M18 5v14l-9-7zM5 5h2.5v14H5z', solid: true },
  loud: { d: 'M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.3a8 8 0 0 1 0 11.4', solid: false },
  muted: { d: 'M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM16 9.5l5 5M21 9.5l-5 5', solid: false },
  theatre: { d: 'M3 6.5h18v11H3z', solid: false },
  full: { d: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5', solid: false },
  small: { d: 'M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5', solid: false },
  pip: { d: 'M3 5.5h18v13H3zM12 12h6.5v4H12z', solid: false },
  danmaku: { d: 'M3 5.5h18v13H3zM6.5 9.5h7M9.5 12.5h8M6.5 15.5h5', solid: false },
  subtitles: { d: 'M3 5.5h18v13H3zM6 14.5h5M13.5 14.5H18M6 11.5h3M11.5 11.5h6', solid: false },
  sliders: { d: 'M4 8h8M18 8h2M4 16h2M12 16h8M12.6 8a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0M6.6 16a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0', solid: false },
  keys: { d: 'M3 6.5h18v11H3zM6.5 10h.1M10 10h.1M13.9 10h.1M17.4 10h.1M7.5 14h9', solid: false },
} as const satisfies Record<string, { d: string; solid: boolean }>;

export type GlyphName = keyof typeof glyphs;
