import { describe, expect, it } from 'vitest';
import { Rig } from './testing/rig';
import { waitedFor, type Playback } from './timeline';

const waits = [{ id: 'ada', name: 'Ada', reason: 'buffering' as const }];

describe('A film that waits', () => {
  it('stands until its instant and then runs on it', async () => {
    const rig = new Rig();
    await rig.playing();
    const until = rig.serverMs + 2000;
    rig.engine.apply(rig.did({ at_ms: until, wait_ms: until, waits }));
    await rig.world.pass(1500);
    expect(rig.video.paused).toBe(true);
    expect(rig.video.currentTime).toBeCloseTo(rig.room.position_s, 5);
    await rig.world.pass(1000);
    expect(rig.video.paused).toBe(false);
    expect(Math.abs(rig.behind)).toBeLessThan(50);
    expect(rig.wishes).toEqual([]);
  });

  it('starts when the others are ready, together with them', async () => {
    const rig = new Rig();
    await rig.playing();
    rig.engine.apply(rig.did({ at_ms: rig.serverMs + 8000, wait_ms: rig.serverMs + 8000, waits }));
    await rig.world.pass(1000);
    rig.engine.apply({ ...rig.did({ at_ms: rig.serverMs + 400 }), wait_ms: 0, waits: [] });
    await rig.world.pass(300);
    expect(rig.video.paused).toBe(true);
    await rig.world.pass(300);
    expect(rig.video.paused).toBe(false);
    expect(Math.abs(rig.behind)).toBeLessThan(50);
  });

  it('goes on waiting where it is moved to', async () => {
    const rig = new Rig();
    await rig.playing();
    rig.engine.apply(rig.did({ at_ms: rig.serverMs + 8000, wait_ms: rig.serverMs + 8000, waits }));
    await rig.world.pass(100);
    void rig.engine.press({ position_s: 300 }, rig.after(200, () => null));
    await rig.world.pass(100);
    expect(rig.video.paused).toBe(true);
    expect(rig.video.currentTime).toBe(300);
  });

  it('says why it is not ready, and not for a moment without data', async () => {
    const rig = new Rig();
    await rig.playing();
    rig.video.readyState = 2;
    await rig.world.pass(500);
    expect(rig.statuses.at(-1)!.reason).toBe('');
    await rig.world.pass(500);
    expect(rig.statuses.at(-1)!.reason).toBe('buffering');
    rig.video.readyState = 4;
    await rig.world.pass(200);
    expect(rig.statuses.at(-1)!.reason).toBe('');
    rig.engine.setAway(true);
    expect(rig.statuses.at(-1)!.reason).toBe('away');
  });

  it('says how far it is off only while a film plays', async () => {
    const rig = new Rig();
    rig.clock.rtt_ms = rig.clock.bound_ms = Infinity;
    await rig.world.pass(1000);
    const first = rig.statuses.at(-1)!;
    expect([first.error_ms, first.rtt_ms, first.offset_ms, first.bound_ms]).toEqual([null, null, null, null]);
    rig.clock.rtt_ms = rig.clock.bound_ms = 30;
    await rig.playing();
    const off = () => rig.statuses.at(-1)!.error_ms;
    expect(off()).not.toBeNull();
    expect(rig.statuses.at(-1)!.bound_ms).toBe(30);
    const until = rig.serverMs + 5000;
    rig.engine.apply(rig.did({ at_ms: until, wait_ms: until, waits }));
    await rig.world.pass(1000);
    expect(off()).toBeNull();
    rig.engine.apply(rig.did({ wait_ms: 0, waits: [] }));
    await rig.world.pass(3000);
    expect(off()).not.toBeNull();
    rig.engine.setLive(true);
    await rig.world.pass(1000);
    expect(off()).toBeNull();
    rig.engine.setLive(false);
    rig.engine.apply(rig.did({ status: 'paused' }));
    await rig.world.pass(1000);
    expect(off()).toBeNull();
  });

  it('plays ahead of the room by what its sound is late, and tells nobody', async () => {
    const rig = new Rig();
    await rig.playing();
    rig.engine.setAhead(200);
    await rig.world.pass(10_000);
    expect(rig.behind).toBeGreaterThan(-220);
    expect(rig.behind).toBeLessThan(-180);
    let said = NaN;
    void rig.engine.press({ status: 'paused' }, rig.after(10, (b) => rig.did({ status: 'paused', position_s: (said = b.position_s!) })));
    await rig.world.pass(1000);
    expect(Math.abs(rig.behind)).toBeLessThan(1);
    expect(said).toBeGreaterThan(100);
    expect(rig.video.currentTime).toBe(rig.room.position_s);
  });
});

describe('Whom the room waits for', () => {
  const record = { status: 'playing', wait_ms: 1000, waits } as unknown as Playback;
  it.each([
    ['whoever is not ready', record, 500, 1],
    ['nobody after the deadline', record, 1000, 0],
    ['nobody while it is paused', { ...record, status: 'paused' } as Playback, 500, 0],
    ['nobody who is excused', { ...record, waits: [{ ...waits[0]!, excused: true }] } as Playback, 500, 0],
    ['nobody without a record', null, 500, 0],
  ])('%s', (_name, p, now, many) => expect(waitedFor(p, now)).toHaveLength(many));
});
