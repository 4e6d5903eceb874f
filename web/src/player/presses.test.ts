import { describe, expect, it } from 'vitest';
import type { CommandBody, Commands, Motion, Playback, Send } from '../sync';
import { Presses, type Can } from './presses';

const record: Playback = {
  item_id: 'a', status: 'playing', position_s: 0, rate: 1, at_ms: 0, epoch: 7, version: 3, by: { id: 'x', name: 'X' },
};

/** A room that notes what it is asked, and commands that answer when the test says so. */
class Rig {
  shown: Partial<Motion>[] = [];
  sent: [name: string, body: CommandBody][] = [];
  answers: (() => void)[] = [];
  refused = 0;
  reasserted = 0;
  at = 100;
  expected = 100;
  ended = false;
  can: Can = { control: true, change: true, rate: true };
  fail = false;

  #command(name: string) {
    return (b: CommandBody) => {
      this.sent.push([name, b]);
      return new Promise<Playback>((done, broken) => {
        this.answers.push(() => (this.fail ? broken(new Error('forbidden')) : done(record)));
      });
    };
  }

  commands: Commands = {
    play: this.#command('play'), pause: this.#command('pause'), seek: this.#command('seek'),
    rate: this.#command('rate'), next: this.#command('next'), previous: this.#command('previous'),
  };

  presses = new Presses(
    {
      press: async (change: Partial<Motion>, send: Send) => {
        this.shown.push(change);
        if (change.position_s !== undefined) this.expected = change.position_s;
        await send({ position_s: change.position_s ?? this.at });
      },
      reassert: () => this.reasserted++,
      expected: () => this.expected,
    },
    {
      can: () => this.can,
      playback: () => record,
      commands: () => this.commands,
      film: () => ({ at: this.at, length: 600, ended: this.ended }),
      onrefused: () => this.refused++,
    },
  );

  /** Answers everything that is sent until nothing is left. */
  async answerAll(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await new Promise((done) => setImmediate(done));
      this.answers.shift()?.();
    }
  }
}

describe('Presses', () => {
  it('shows first and sends then', async () => {
    const r = new Rig();
    void r.presses.play();
    void r.presses.pause();
    expect(r.shown).toEqual([{ status: 'playing' }, { status: 'paused' }]);
    await r.answerAll();
    expect(r.sent.map(([name]) => name)).toEqual(['play', 'pause']);
  });

  it('toggles what the person sees, and starts a film again that is at its end', async () => {
    const r = new Rig();
    void r.presses.toggle(false);
    expect(r.shown).toEqual([{ status: 'paused' }]);
    r.ended = true;
    void r.presses.toggle(true);
    await r.answerAll();
    expect(r.shown.slice(1)).toEqual([{ position_s: 0 }, { status: 'playing' }]);
  });

  it('keeps seeks within the film', () => {
    const r = new Rig();
    void r.presses.seekTo(-5);
    void r.presses.seekTo(1000);
    expect(r.shown).toEqual([{ position_s: 0 }, { position_s: 600 }]);
  });

  it('adds up steps although the picture has not followed yet', () => {
    const r = new Rig();
    for (let i = 0; i < 3; i++) void r.presses.seekBy(5);
    expect(r.shown.map((c) => c.position_s)).toEqual([105, 110, 115]);
    r.expected = NaN;
    void r.presses.seekBy(-10);
    expect(r.shown.at(-1)).toEqual({ position_s: 90 });
  });

  it('sends the first of many seeks and then only the last', async () => {
    const r = new Rig();
    const all = [r.presses.seekTo(1)];
    await Promise.resolve();
    for (let i = 2; i <= 30; i++) all.push(r.presses.seekTo(i));
    await r.answerAll();
    await Promise.all(all);
    expect(r.sent.map(([, b]) => b.position_s)).toEqual([1, 30]);
    expect(r.shown.length).toBe(30);
  });

  it('a refused seek does not hold up the next', async () => {
    const r = new Rig();
    r.fail = true;
    const first = r.presses.seekTo(1);
    await r.answerAll();
    await first;
    r.fail = false;
    void r.presses.seekTo(2);
    await r.answerAll();
    expect(r.sent.map(([, b]) => b.position_s)).toEqual([1, 2]);
  });

  it.each([
    [1.25, 1.25],
    [0.1, 0.25],
    [16, 3],
    [1.0499999, 1.05],
  ])('rate %f is sent as %f', async (asked, sent) => {
    const r = new Rig();
    void r.presses.rate(asked);
    await r.answerAll();
    expect(r.sent).toEqual([['rate', { position_s: 100, rate: sent }]]);
  });

  it('next and previous say what they were based on', async () => {
    const r = new Rig();
    void r.presses.next();
    void r.presses.previous();
    await r.answerAll();
    expect(r.sent).toEqual([['next', { epoch: 7, version: 3 }], ['previous', { epoch: 7, version: 3 }]]);
  });

  it('what is not allowed is not sent, told, and undone', async () => {
    const r = new Rig();
    r.can = { control: false, change: false, rate: false, reason: 'only hosts' };
    await Promise.all([
      r.presses.play(), r.presses.pause(), r.presses.seekTo(3), r.presses.seekBy(3), r.presses.rate(2),
      r.presses.next(), r.presses.previous(), r.presses.wish({ kind: 'pause' }), r.presses.toggle(true),
    ]);
    expect([r.sent, r.shown]).toEqual([[], []]);
    expect([r.refused, r.reasserted]).toEqual([9, 9]);
  });

  it('a wish of the element is a press', async () => {
    const r = new Rig();
    void r.presses.wish({ kind: 'play' });
    void r.presses.wish({ kind: 'pause' });
    void r.presses.wish({ kind: 'seek', position_s: 12 });
    void r.presses.wish({ kind: 'rate', rate: 1.5 });
    await r.answerAll();
    expect(r.sent.map(([name]) => name).sort()).toEqual(['pause', 'play', 'rate', 'seek']);
  });

  it('a rejected command ends here', async () => {
    const r = new Rig();
    r.fail = true;
    const p = Promise.all([r.presses.play(), r.presses.next(), r.presses.rate(2)]);
    await r.answerAll();
    await expect(p).resolves.toBeDefined();
  });
});
