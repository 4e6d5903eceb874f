import { afterEach, describe, expect, it } from 'vitest';
import { Corrector } from './corrector';
import { SyncEngine, type Wish } from './engine';
import { positionAt, type CommandBody, type Playback, type SyncStatus } from './timeline';
import { SimVideo } from './testing/video';
import { SimWorld } from './testing/world';

const OFFSET = 5_000_000;
const by = { id: 'someone', name: 'Someone' };

/** A room as the server keeps it, its clock, one page with a video, and an engine between. */
class Rig {
  world = new SimWorld();
  video = new SimVideo(this.world);
  clock = { synced: true, offline: false, rtt_ms: 30, offset_ms: OFFSET, bound_ms: 15, now: () => this.serverMs };
  wishes: Wish[] = [];
  statuses: SyncStatus[] = [];
  blocked = 0;
  room: Playback = {
    item_id: 'film', status: 'paused', position_s: 0, rate: 1, at_ms: 0, epoch: 1, version: 1, by,
  };
  engine = new SyncEngine(
    this.video,
    this.clock,
    new Corrector(),
    {
      onstatus: (s) => this.statuses.push(s),
      onblocked: () => this.blocked++,
      onwish: (w) => this.wishes.push(w),
    },
    this.world,
  );

  constructor() {
    this.engine.start();
  }

  get serverMs(): number {
    return this.world.now() + OFFSET;
  }

  /** The room's record after somebody did this. */
  did(change: Partial<Playback>): Playback {
    const position_s = positionAt(this.room, this.serverMs);
    this.room = { ...this.room, position_s, at_ms: this.serverMs, version: this.room.version + 1, ...change };
    return this.room;
  }

  /** How far the picture is behind the room, in ms. */
  get behind(): number {
    return (positionAt(this.room, this.serverMs, this.video.duration) - this.video.currentTime) * 1000;
  }

  async playing(): Promise<void> {
    this.video.load(600);
    this.engine.apply(this.did({ status: 'playing', position_s: 100 }));
    await this.world.pass(10_000);
    this.video.sets = [];
    this.video.rates = [];
  }

  /** A send that answers after `ms` with what `answer` says. */
  after(ms: number, answer: (b: CommandBody) => Playback | null) {
    return async (b: CommandBody) => {
      await this.world.sleep(ms);
      return answer(b);
    };
  }
}

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
    r.video.jump(r.video.currentTime - 0.1);
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
    r.video.jump(r.video.currentTime - 0.3);
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

describe('SyncEngine on a press', () => {
  it('applies a pause at once and sends what the presser saw', async () => {
    const r = setUp();
    await r.playing();
    let sent: CommandBody = {};
    const done = r.engine.press({ status: 'paused' }, r.after(80, (b) => {
      sent = b;
      return r.did({ status: 'paused', position_s: b.position_s! });
    }));
    expect(r.video.paused).toBe(true);
    const stands = r.video.currentTime;
    await r.world.pass(200);
    await done;
    expect(sent).toEqual({ position_s: stands, at_ms: Math.floor(r.serverMs - 200), epoch: 1 });
    expect(r.video.currentTime).toBe(stands);
    expect(r.video.sets).toEqual([]);
    expect(r.wishes).toEqual([]);
  });

  it('plays at once, and the answer moves nothing', async () => {
    const r = setUp();
    r.video.load(600);
    r.engine.apply(r.did({ status: 'paused', position_s: 50 }));
    await r.world.pass(500);
    r.video.sets = [];
    void r.engine.press({ status: 'playing' }, r.after(120, (b) => r.did({ status: 'playing', position_s: 50, at_ms: b.at_ms! })));
    expect(r.video.paused).toBe(false);
    await r.world.pass(3000);
    expect(r.video.sets).toEqual([]);
    expect(Math.abs(r.behind)).toBeLessThan(16);
  });

  it('puts the room\'s state back when the room refuses', async () => {
    const r = setUp();
    await r.playing();
    const done = r.engine.press({ position_s: 400 }, r.after(100, () => {
      throw new Error('permission_missing');
    }));
    const refused = expect(done).rejects.toThrow('permission_missing');
    await r.world.pass(50);
    expect(r.video.currentTime).toBeGreaterThan(399);
    await r.world.pass(3000);
    await refused;
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('holds to the last of several presses until all are answered', async () => {
    const r = setUp();
    await r.playing();
    void r.engine.press({ position_s: 200 }, r.after(100, () => r.did({ position_s: 200 })));
    await r.world.pass(50);
    void r.engine.press({ position_s: 300 }, r.after(100, () => r.did({ position_s: 300 })));
    await r.world.pass(60);
    r.engine.apply(r.room);
    expect(r.video.currentTime).toBeGreaterThan(299);
    await r.world.pass(2000);
    expect(r.video.sets.every((s) => Math.round(s) !== 200 || r.video.sets.indexOf(s) === 0)).toBe(true);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('takes a press that another overtook as settled by the other', async () => {
    const r = setUp();
    await r.playing();
    void r.engine.press({ position_s: 200 }, r.after(10, () => null));
    void r.engine.press({ position_s: 300 }, r.after(60, () => r.did({ position_s: 300 })));
    await r.world.pass(3000);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('somebody else\'s later command wins once mine is answered', async () => {
    const r = setUp();
    await r.playing();
    void r.engine.press({ position_s: 200 }, r.after(100, () => {
      const mine = r.did({ position_s: 200 });
      r.engine.apply(r.did({ position_s: 500, status: 'paused' }));
      return mine;
    }));
    await r.world.pass(1000);
    expect(r.video.paused).toBe(true);
    expect(r.video.currentTime).toBe(500);
  });

  it('sends no stamp of a clock that knows nothing, and does nothing without an item', async () => {
    const r = setUp();
    let sent: CommandBody | null = null;
    const send = r.after(10, (b) => {
      sent = b;
      return r.did({ status: 'playing' });
    });
    await r.engine.press({ status: 'playing' }, send);
    expect(sent).toBeNull();
    r.clock.synced = false;
    r.video.load(600);
    r.engine.apply(r.did({ status: 'paused' }));
    void r.engine.press({ status: 'playing' }, send);
    expect(r.video.paused).toBe(false);
    await r.world.pass(100);
    expect(sent).not.toHaveProperty('at_ms');
  });
});

describe('SyncEngine and an element that acts by itself', () => {
  it('reports a pause, a play, a jump and a rate as wishes', async () => {
    const r = setUp();
    await r.playing();
    r.video.pause();
    await r.world.pass(50);
    expect(r.wishes).toEqual([{ kind: 'pause' }]);
    r.engine.reassert();
    await r.world.pass(500);
    r.video.jump(300);
    await r.world.pass(20);
    expect(r.wishes[1]).toMatchObject({ kind: 'seek' });
    r.engine.reassert();
    await r.world.pass(2000);
    r.video.playbackRate = 2;
    await r.world.pass(20);
    expect(r.wishes[2]).toEqual({ kind: 'rate', rate: 2 });
    r.engine.apply(r.did({ status: 'paused' }));
    await r.world.pass(500);
    await r.video.play();
    await r.world.pass(20);
    expect(r.wishes[3]).toEqual({ kind: 'play' });
    expect(r.wishes.length).toBe(4);
  });

  it('does not fight an element that paused by itself', async () => {
    const r = setUp();
    await r.playing();
    r.video.pause();
    await r.world.pass(5000);
    expect(r.video.paused).toBe(true);
    expect(r.video.sets).toEqual([]);
    r.engine.reassert();
    await r.world.pass(4000);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('its own doings in quick succession are no wishes', async () => {
    const r = setUp();
    await r.playing();
    for (let i = 0; i < 20; i++) {
      r.engine.apply(r.did({ status: i % 2 ? 'playing' : 'paused', position_s: 20 * i, rate: 1 + (i % 3) / 2 }));
      await r.world.pass(i % 4);
    }
    await r.world.pass(3000);
    expect(r.wishes).toEqual([]);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });
});

describe('SyncEngine and a browser that wants a press first', () => {
  it('says so once, keeps still, and joins where the room is then', async () => {
    const r = setUp();
    r.video.refuses = true;
    r.video.load(600);
    r.engine.apply(r.did({ status: 'playing', position_s: 100 }));
    await r.world.pass(3000);
    expect(r.blocked).toBe(1);
    r.video.sets = [];
    r.engine.apply(r.did({}));
    await r.world.pass(1000);
    expect(r.blocked).toBe(1);
    r.video.refuses = false;
    r.engine.unlock();
    await r.world.pass(4000);
    expect(r.video.paused).toBe(false);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('leaves nothing behind when stopped', async () => {
    const r = setUp();
    await r.playing();
    r.video.jump(r.video.currentTime - 0.2);
    await r.world.pass(800);
    r.engine.stop();
    await r.world.pass(1000);
    expect(r.world.timers).toBe(0);
    r.video.pause();
    await r.world.pass(1000);
    expect(r.wishes).toEqual([]);
  });
});
