import { afterEach, describe, expect, it } from 'vitest';
import type { CommandBody } from './timeline';
import { Rig } from './testing/rig';

let rig: Rig;
const setUp = () => (rig = new Rig());
afterEach(() => {
  rig.engine.stop();
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
    const stands = Math.round(r.video.currentTime * 1000) / 1000;
    await r.world.pass(200);
    await done;
    expect(sent).toEqual({ position_s: stands, at_ms: Math.floor(r.serverMs - 200), epoch: 1 });
    expect(r.video.currentTime).toBe(stands);
    expect(r.video.sets).toEqual([stands]);
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

  it('whoever pressed pause starts no sooner than the others', async () => {
    const r = setUp();
    await r.playing();
    await r.world.pass(0.25);
    void r.engine.press({ status: 'paused' }, r.after(40, (b) => r.did({ status: 'paused', position_s: b.position_s! })));
    await r.world.pass(1000);
    void r.engine.press({ status: 'playing' }, r.after(40, (b) => r.did({ status: 'playing', position_s: b.position_s!, at_ms: b.at_ms! })));
    await r.world.pass(400);
    expect(Math.abs(r.behind)).toBeLessThan(16);
  });

  it('starts the room\'s film when its own picture moves', async () => {
    const r = setUp();
    r.video.warmStart_ms = r.video.coldStart_ms = 180;
    r.video.load(600);
    r.engine.apply(r.did({ status: 'paused', position_s: 50 }));
    await r.world.pass(500);
    const off: number[] = [];
    for (let i = 0; i < 6; i++) {
      r.video.sets = [];
      void r.engine.press({ status: 'playing' }, r.after(40, (b) => r.did({ status: 'playing', position_s: b.position_s!, at_ms: b.at_ms! })));
      await r.world.pass(400);
      off.push(Math.abs(r.behind));
      await r.world.pass(3000);
      if (i > 1) expect(r.video.sets, 'starts are learned by now').toEqual([]);
      void r.engine.press({ status: 'paused' }, r.after(40, (b) => r.did({ status: 'paused', position_s: b.position_s! })));
      await r.world.pass(1000);
    }
    expect(off[0]).toBeGreaterThan(90);
    expect(off[5]).toBeLessThan(20);
    expect(r.wishes).toEqual([]);
  });

  it('starts the room\'s film when the last of the others can play', async () => {
    const r = setUp();
    r.video.load(600);
    r.engine.apply(r.did({ status: 'paused', position_s: 50 }));
    await r.world.pass(500);
    const starts = async (others_ms: number) => {
      r.engine.setOthers(others_ms);
      let lead_ms = NaN;
      const pressed = r.serverMs;
      void r.engine.press({ status: 'playing' }, r.after(40, (b) => {
        lead_ms = b.at_ms! - pressed;
        return r.did({ status: 'playing', position_s: b.position_s!, at_ms: b.at_ms! });
      }));
      await r.world.pass(1500);
      expect(Math.abs(r.behind)).toBeLessThan(25);
      void r.engine.press({ status: 'paused' }, r.after(40, (b) => r.did({ status: 'paused', position_s: b.position_s! })));
      await r.world.pass(1000);
      return lead_ms;
    };
    expect(await starts(200)).toBe(15 + 200);
    expect(await starts(3000)).toBe(350);
    expect(await starts(0)).toBeLessThan(120);
    expect(r.wishes).toEqual([]);
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

  it.each([20, 150, 600])('an answer after %i ms does not seek a second time', async (rtt) => {
    const r = setUp();
    await r.playing();
    r.video.seekCost_ms = 200;
    void r.engine.press({ position_s: 200 }, r.after(rtt, (b) => r.did({ position_s: 200, at_ms: b.at_ms! })));
    await r.world.pass(rtt / 2);
    r.engine.apply({ ...r.room });
    await r.world.pass(5000);
    expect(r.video.sets.length).toBe(1);
    expect(Math.abs(r.behind)).toBeLessThan(25);
  });

  it('an answer that says otherwise is followed', async () => {
    const r = setUp();
    await r.playing();
    void r.engine.press({ position_s: 200 }, r.after(100, () => r.did({ position_s: 201 })));
    await r.world.pass(4000);
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
