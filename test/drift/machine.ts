// What of the machine's time went to others than this run.
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** A run in which others took more of the machine's time than this says nothing. */
export const MOST_OTHERS = 0.2;

interface Times {
  at: number;
  /** Ticks of all CPUs together that were not idle, also those that other machines on the same iron took. */
  busy: number;
  own: number;
  stolen: number;
}

const TICKS = 100; // per second: USER_HZ on every Linux we know

/** Reads the CPU time of the machine and of this process with all it started. */
export async function times(): Promise<Times> {
  const [first] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user, nice, system, , , irq, soft, steal] = first!.split(/\s+/).slice(1).map(Number);
  return { at: performance.now(), busy: user! + nice! + system! + irq! + soft! + (steal ?? 0), own: await own(), stolen: steal ?? 0 };
}

/** The part of all CPU time between two readings that others took. */
export function others(from: Times, to: Times): number {
  const all = ((to.at - from.at) / 1000) * TICKS * cpus().length;
  return Math.max(0, to.busy - from.busy - (to.own - from.own)) / all;
}

/** One second of the machine, by its end: parts of all CPU time that this run and others took, and of these, other machines on the same iron. */
export type Second = [at: number, own: number, others: number, stolen: number];

/** Reads the machine once a second until stopped. */
export class Load {
  private readonly seconds: Second[] = [];
  private ended = false;
  private readonly done = this.watch();

  async stop(): Promise<Second[]> {
    this.ended = true;
    await this.done;
    return this.seconds;
  }

  private async watch(): Promise<void> {
    for (let last = await times(); !this.ended; ) {
      await new Promise((next) => setTimeout(next, 1000));
      const now = await times();
      const all = ((now.at - last.at) / 1000) * TICKS * cpus().length;
      const part = (n: number): number => Math.round(n * 100) / 100;
      this.seconds.push([performance.timeOrigin + now.at, part((now.own - last.own) / all), part(others(last, now)), part((now.stolen - last.stolen) / all)]);
      last = now;
    }
  }
}

/** User and system ticks of this process and its descendants, ended children included. */
async function own(): Promise<number> {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    if (fields.length < 16) continue;
    parents.set(pid, fields[1]!);
    used.set(pid, fields[11]! + fields[12]! + fields[13]! + fields[14]!);
  }
  let sum = 0;
  for (const [pid, ticks] of used) {
    let up: number | undefined = pid;
    while (up && up !== process.pid) up = parents.get(up);
    if (up) sum += ticks;
  }
  return sum;
}
