import { expect, it } from 'vitest';
import type { Playback } from '../api/types';
import { positionAt } from '../sync/timeline';
import { Rig } from '../sync/testing/rig';
import { seeded } from '../sync/testing/world';
import { playback, snapshot } from './fixtures';
import { RoomState } from './RoomState.svelte';

/** What a room did: each record later than the one before, now and then another item's. */
function history(random: () => number, from_ms: number): Playback[] {
  const did: Playback[] = [];
  let [epoch, version] = [1, 1];
  for (let i = 0; i < 12; i++) {
    if (random() < 0.2) epoch++;
    // A record that is made anew begins with a low version again.
    version = random() < 0.1 ? (epoch++, 1) : version + 1;
    const status = random() < 0.5 ? 'playing' : 'paused';
    did.push(playback(epoch, version, { status, position_s: Math.round(random() * 500), rate: 1 + Math.round(random() * 4) / 4, at_ms: from_ms + i * 100 }));
  }
  return did;
}

/** The same records on their way: in any order, some twice, some never. */
function onTheWay(did: Playback[], random: () => number): Playback[] {
  const sent = did.flatMap((p) => Array.from({ length: Math.floor(random() * 3) }, () => p));
  for (let i = sent.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [sent[i], sent[j]] = [sent[j]!, sent[i]!];
  }
  return sent;
}

it('whatever the network does, page and player end with the highest record, and the repair is not undone', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed * 7919);
    const state = new RoomState();
    const rig = new Rig();
    rig.video.load(10_000);
    const did = history(random, rig.serverMs);
    const last = did.at(-1)!;
    const way = onTheWay(did, random);
    const repair = Math.floor(random() * (way.length + 1));
    const takes = async (p: Playback, how: () => void) => {
      how();
      rig.engine.apply(p); // as the page hands it on; the engine judges for itself
      await rig.world.pass(20);
    };
    for (const [i, p] of way.entries()) {
      if (i === repair) await takes(last, () => state.apply(snapshot({ playback: last })));
      await takes(p, () => state.apply({ type: 'playback', playback: p }));
    }
    // Every few seconds and with each connection the whole state comes once more.
    if (repair === way.length) await takes(last, () => state.apply(snapshot({ playback: last })));
    expect([seed, state.playback]).toEqual([seed, last]);
    expect([seed, rig.engine.expected()]).toEqual([seed, positionAt(last, rig.serverMs, rig.video.duration)]);
    expect([seed, rig.wishes]).toEqual([seed, []]);
    await rig.world.pass(3000);
    expect([seed, rig.video.paused]).toEqual([seed, last.status === 'paused']);
    rig.engine.stop();
  }
});
