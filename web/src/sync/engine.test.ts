import { afterEach, describe, expect, it } from 'vitest';
import { Rig } from './testing/rig';

let rig: Rig;
const setUp = () => (rig = new Rig());
afterEach(() => {
  rig.engine.stop();
});

describe('SyncEngine on the room\'s states', () => {
  it('plays from where the room is, and settles', async () => {
    const r = setUp();
    await r.playing();
    expect(r.video.paused).toBe(false);
    expect(Math.abs(r.behind)).toBeLessThan(16);
    expect(r.wishes).toEqual([]);
  });

  it('pauses on the exact position', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply(r.did({ status: 'paused', position_s: 110.25 }));
    await r.world.pass(1000);
    expect(r.video.paused).toBe(true);
    expect(r.video.currentTime).toBe(110.25);
  });

  it('waits for the source before it moves anything, then stands where the room is', async () => {
    const r = setUp();
    r.engine.apply(r.did({ status: 'paused', position_s: 42 }));
    await r.world.pass(500);
    expect(r.video.sets).toEqual([]);
    r.video.load(600);
    await r.world.pass(500);
    expect(r.video.currentTime).toBe(42);
  });

  it('ignores old records and echoes', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply({ ...r.room, version: r.room.version - 1, position_s: 500 });
    r.engine.apply({ ...r.room, position_s: 500 });
    await r.world.pass(1000);
    expect(r.video.sets).toEqual([]);
  });

  it('a new epoch counts whatever its version', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply(r.did({ epoch: 2, version: 1, position_s: 3, status: 'paused' }));
    await r.world.pass(500);
    expect(r.video.currentTime).toBe(3);
  });

  it('follows the room\'s rate, a new source included', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply(r.did({ rate: 1.5 }));
    await r.world.pass(5000);
    expect(r.video.playbackRate).toBeCloseTo(1.5, 1);
    expect(Math.abs(r.behind)).toBeLessThan(25);
    r.video.load(900);
    await r.world.pass(5000);
    expect(r.video.playbackRate).toBeCloseTo(1.5, 1);
    expect(r.wishes).toEqual([]);
  });

  it('stands at the end without hunting', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply(r.did({ position_s: 598 }));
    await r.world.pass(10_000);
    expect(r.video.ended).toBe(true);
    r.video.sets = [];
    r.video.rates = [];
    await r.world.pass(10_000);
    expect([r.video.sets, r.video.rates, r.wishes]).toEqual([[], [], []]);
  });

  it('does not go by a clock that knows nothing yet', async () => {
    const r = setUp();
    r.clock.synced = false;
    r.video.load(600);
    r.engine.apply(r.did({ status: 'playing', position_s: 100 }));
    await r.world.pass(1000);
    expect([r.video.paused, r.video.sets]).toEqual([true, []]);
    expect(r.statuses.at(-1)!.state).toBe('nudge');
    r.clock.synced = true;
    await r.world.pass(4000);
    expect(r.video.paused).toBe(false);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('stops when nothing is chosen', async () => {
    const r = setUp();
    await r.playing();
    r.engine.apply(null);
    await r.world.pass(500);
    expect(r.video.paused).toBe(true);
    expect(r.engine.expected()).toBeNaN();
    expect(r.wishes).toEqual([]);
  });
});

describe('SyncEngine while playing', () => {
  it('nudges a lag away with two rate changes', async () => {
    const r = setUp();
    await r.playing();
    r.video.jump(r.video.currentTime - 0.03);
    await r.world.pass(10_000);
    expect(Math.abs(r.behind)).toBeLessThan(16);
    expect(r.video.sets).toEqual([]);
    expect(r.video.rates.length).toBeLessThanOrEqual(6);
    expect(r.statuses.map((s) => s.state)).toContain('nudge');
    expect(r.statuses.at(-1)).toMatchObject({ state: 'ok', rtt_ms: 30, bound_ms: 15 });
  });

  it('a new state ends a nudge, and the room\'s rate is back at once', async () => {
    const r = setUp();
    await r.playing();
    r.video.jump(r.video.currentTime - 0.03);
    await r.world.pass(700);
    expect(r.video.playbackRate).not.toBe(1);
    r.engine.apply(r.did({ position_s: 300 }));
    expect(r.video.playbackRate).toBe(1);
    r.video.rates = [];
    await r.world.pass(300);
    expect(r.video.rates).toEqual([]);
  });

  it('leaves live items to their engine', async () => {
    const r = setUp();
    r.engine.setLive(true);
    r.video.load(600);
    r.engine.apply(r.did({ status: 'playing', position_s: 100 }));
    await r.world.pass(500);
    r.video.playbackRate = 1.1;
    r.video.sets = [];
    r.video.rates = [];
    await r.world.pass(3000);
    expect([r.video.paused, r.video.sets, r.video.rates, r.wishes]).toEqual([false, [], [], []]);
    r.engine.apply(r.did({ status: 'paused' }));
    await r.world.pass(100);
    expect(r.video.paused).toBe(true);
  });

  it('says when the server is out of reach, and plays on', async () => {
    const r = setUp();
    await r.playing();
    r.clock.offline = true;
    await r.world.pass(200);
    expect(r.statuses.at(-1)!.state).toBe('offline');
    expect(r.video.paused).toBe(false);
  });

  it('tells numbers twice a second, and changes at once', async () => {
    const r = setUp();
    await r.playing();
    r.statuses = [];
    await r.world.pass(10_000);
    expect(r.statuses.length).toBeGreaterThanOrEqual(19);
    expect(r.statuses.length).toBeLessThanOrEqual(22);
  });
});
