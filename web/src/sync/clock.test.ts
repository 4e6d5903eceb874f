import { describe, expect, it } from 'vitest';
import { Clock } from './clock';
import { seeded, SimWorld } from './testing/world';

const OFFSET = 123_456;

/** A server whose clock is ahead of the world's origin, behind a line that tests may change. */
class SimServer {
  probes: number[] = [];
  line = () => ({ up: 15, down: 15 });
  offset = OFFSET;
  dead = false;
  refuse = false;
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  now(): number {
    return this.#world.origin + this.#world.true_ms + this.offset;
  }

  ask = async () => {
    this.probes.push(this.#world.true_ms);
    const { up, down } = this.line();
    if (this.dead) return new Promise<never>(() => {});
    await this.#world.sleep(up);
    if (this.refuse) throw new Error('unavailable');
    const t2 = this.now();
    await this.#world.sleep(down);
    return { t2, t3: t2 };
  };

  countSince(ms: number): number {
    return this.probes.filter((t) => t >= ms).length;
  }
}

function setUp() {
  const world = new SimWorld();
  const server = new SimServer(world);
  const clock = new Clock(server.ask, world);
  return { world, server, clock };
}

describe('Clock', () => {
  it('starts with a burst of twelve at 60 ms, then asks once a second', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(670);
    expect(server.probes).toEqual(Array.from({ length: 12 }, (_, i) => i * 60));
    await world.pass(5000);
    expect(server.probes.slice(12)).toEqual([1660, 2660, 3660, 4660, 5660]);
  });

  it('reads the server\'s time', async () => {
    const { world, server, clock } = setUp();
    expect(clock.synced).toBe(false);
    expect(clock.rtt_ms).toBe(Infinity);
    clock.start();
    await world.pass(1000);
    expect(clock.synced).toBe(true);
    expect(clock.now()).toBeCloseTo(server.now(), 3);
    expect(clock.offset_ms).toBeCloseTo(OFFSET, 3);
    expect(clock.rtt_ms).toBeCloseTo(30, 3);
    expect(clock.bound_ms).toBeLessThan(15.1);
  });

  it('stays near on a jittery line with a wandering crystal', async () => {
    const { world, server, clock } = setUp();
    const random = seeded(5);
    world.skew = 25e-6;
    server.line = () => ({ up: 40 + random() * 40, down: 40 + random() * 40 });
    clock.start();
    await world.pass(60_000);
    for (let i = 0; i < 60; i++) {
      await world.pass(1000);
      expect(Math.abs(clock.now() - server.now())).toBeLessThan(20);
      expect(Math.abs(clock.now() - server.now())).toBeLessThan(clock.bound_ms);
    }
  });

  it('bursts when the page comes back', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(10_000);
    world.return();
    const from = world.true_ms;
    await world.pass(700);
    expect(server.countSince(from)).toBe(12);
  });

  it('bursts once when the delay jumps', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(20_000);
    server.line = () => ({ up: 100, down: 100 });
    const from = world.true_ms;
    await world.pass(19_000);
    expect(server.countSince(from)).toBeGreaterThanOrEqual(28);
    expect(server.countSince(from)).toBeLessThan(36);
  });

  it('does not burst for ordinary jitter', async () => {
    const { world, server, clock } = setUp();
    const random = seeded(9);
    server.line = () => ({ up: 10 + random() * 25, down: 10 + random() * 25 });
    clock.start();
    await world.pass(10_000);
    const from = world.true_ms;
    await world.pass(60_000);
    expect(server.countSince(from)).toBe(60);
  });

  it('follows a clock that was stepped', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(30_000);
    server.offset += 60_000;
    await world.pass(1600);
    expect(clock.now()).toBeCloseTo(server.now(), 3);
    expect(clock.synced).toBe(true);
  });

  it('does not mind refusals, and knows when it is alone', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(5000);
    server.refuse = true;
    await world.pass(4000);
    expect(clock.offline).toBe(false);
    await world.pass(4000);
    expect(clock.offline).toBe(true);
    expect(clock.now()).toBeCloseTo(server.now(), 3);
    server.refuse = false;
    await world.pass(1500);
    expect(clock.offline).toBe(false);
  });

  it('does not pile probes onto a dead line, and finds back', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    await world.pass(5000);
    server.dead = true;
    const from = world.true_ms;
    for (let i = 0; i < 50; i++) {
      world.return();
      await world.pass(100);
    }
    expect(server.countSince(from)).toBeLessThanOrEqual(17);
    server.dead = false;
    await world.pass(12_000);
    expect(clock.offline).toBe(false);
  });

  it('ignores an answer that is no number', async () => {
    const world = new SimWorld();
    const clock = new Clock(async () => ({ t2: NaN, t3: NaN }), world);
    clock.start();
    await world.pass(3000);
    expect(clock.synced).toBe(false);
    expect(clock.now()).toBe(world.now());
  });

  it('leaves nothing behind when stopped, and can start again', async () => {
    const { world, server, clock } = setUp();
    clock.start();
    clock.start();
    await world.pass(130);
    expect(world.watchers).toBe(1);
    clock.stop();
    expect(world.watchers).toBe(0);
    const asked = server.probes.length;
    clock.burst();
    await world.pass(5000);
    expect(world.timers).toBe(0);
    expect(server.probes.length).toBe(asked);
    clock.start();
    await world.pass(1000);
    expect(clock.synced).toBe(true);
  });
});
