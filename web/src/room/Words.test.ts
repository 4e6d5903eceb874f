import { expect, it } from 'vitest';
import type { Playback, SyncStatus } from '../sync';
import { Words, type Said } from './Words';

const status = (reason: SyncStatus['reason'] = '', error_ms: number | null = 3.14159): SyncStatus => ({
  state: 'ok', reason, error_ms, rtt_ms: 30, offset_ms: 0, bound_ms: 15, start_ms: 100,
});
const film = { item_id: 'film', epoch: 7 } as Playback;

function talk(send?: (s: Said) => Promise<unknown>) {
  const said: Said[] = [];
  const at = { ms: 0 };
  const words = new Words(send ?? (async (s) => said.push(s)), () => at.ms);
  return { said, at, words };
}

it('says what changes at once, and mere numbers every five seconds', () => {
  const { said, at, words } = talk();
  for (; at.ms < 10_000; at.ms += 500) words.heard(status(), film, 3);
  expect(said).toHaveLength(2);
  expect(said[0]).toEqual({ epoch: 7, reason: '', drift_ms: 3.1, rtt_ms: 30, start_ms: 100 });
  words.heard(status('buffering'), film, 3);
  words.heard(status(), film, 3);
  expect(said.slice(2).map((s) => s.reason)).toEqual(['buffering', '']);
});

it('says nothing of a drift while there is none', () => {
  const { said, words } = talk();
  words.heard({ ...status('', null), rtt_ms: null }, film, 3);
  expect(said).toEqual([{ epoch: 7, reason: '', rtt_ms: 0, start_ms: 100 }]);
});

it('speaks less in a large room, and not without a film', () => {
  const { said, at, words } = talk();
  for (; at.ms < 50_000; at.ms += 500) words.heard(status(), film, 100);
  words.heard(status(), { ...film, item_id: '' }, 3);
  expect(said).toHaveLength(2);
});

it('says again what did not go out, and everything on another socket', async () => {
  let tries = 0;
  const { words } = talk(async () => {
    if (++tries === 1) throw new Error('offline');
  });
  words.heard(status(), film, 3);
  await new Promise((next) => setTimeout(next));
  words.heard(status(), film, 3);
  words.heard(status(), film, 3);
  expect(tries).toBe(2);
  words.forget();
  words.heard(status(), film, 3);
  expect(tries).toBe(3);
});
