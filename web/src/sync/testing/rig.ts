import { Corrector } from '../corrector';
import { SyncEngine, type Wish } from '../engine';
import { positionAt, type CommandBody, type Playback, type SyncStatus } from '../timeline';
import { SimVideo } from './video';
import { SimWorld } from './world';

const OFFSET = 5_000_000;
const by = { id: 'someone', name: 'Someone' };

/** A room as the server keeps it, its clock, one page with a video, and an engine between. */
export class Rig {
  world = new SimWorld();
  video = new SimVideo(this.world);
  clock = { synced: true, offline: false, rtt_ms: 30, lag_ms: 15, offset_ms: OFFSET, bound_ms: 15, now: () => this.serverMs };
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
