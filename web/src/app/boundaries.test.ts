import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// Who may import whom. Features never import each other: the room page and App
// put them together. `sync` holds pure rules and reaches nothing.
const SHARED = ['api', 'text', 'ui'];
const ALLOWED: Record<string, string[]> = {
  sync: [],
  text: ['api'],
  api: ['sync'],
  ui: ['api', 'text'],
  realtime: ['api', 'sync'],
  player: [...SHARED, 'sync'],
  rooms: SHARED,
  chat: SHARED,
  danmaku: SHARED,
  subtitles: SHARED,
  playlist: SHARED,
  members: SHARED,
  live: [...SHARED, 'sync'],
  account: SHARED,
  admin: SHARED,
  room: [...SHARED, 'sync', 'realtime', 'player', 'chat', 'danmaku', 'subtitles', 'playlist', 'members', 'live', 'account'],
  app: [...SHARED, 'account', 'admin', 'rooms', 'room']
};

const src = resolve(import.meta.dirname, '..');

function files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((name) => /\.(ts|svelte)$/.test(name));
}

/** The folders outside its own that a file imports from. */
function reaches(file: string): string[] {
  const own = relative(src, file).split('/')[0];
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g);
  const targets = [...imports].map((m) => relative(src, resolve(dirname(file), m[1] ?? '')));
  return targets.filter((target) => !target.startsWith('..')).map((target) => target.split('/')[0] ?? '').filter((folder) => folder !== own);
}

describe.each(Object.entries(ALLOWED))('%s', (folder, allowed) => {
  it(`imports from nothing but ${allowed.join(', ') || 'itself'}`, () => {
    const wrong = files(join(src, folder)).flatMap((file) => reaches(file).filter((to) => !allowed.includes(to)).map((to) => `${relative(src, file)} → ${to}`));
    expect(wrong).toEqual([]);
  });
});

it('sees through both kinds of import', () => {
  expect(reaches(join(src, 'app/App.svelte'))).toEqual(expect.arrayContaining(['account', 'rooms', 'room']));
});

it('knows every folder', () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name);
  expect(folders.filter((f) => !(f in ALLOWED))).toEqual([]);
});
