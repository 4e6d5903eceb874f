// Servers of the product that share one PostgreSQL and one Redis, both the test's own.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Server, type Settings } from './server';

const run = promisify(execFile);
const debian = '/usr/lib/postgresql';

/** The newest installed PostgreSQL's programs; undefined without one. */
function postgresBin(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(a) - Number(b)) : [];
  const newest = versions.map((version) => join(debian, version, 'bin')).findLast((bin) => existsSync(join(bin, 'initdb')));
  const elsewhere = onPath('initdb');
  return newest ?? (elsewhere && dirname(elsewhere));
}

const onPath = (name: string): string | undefined =>
  process.env['PATH']?.split(delimiter).map((folder) => join(folder, name)).find(existsSync);

/** Whether what replicas share is installed (Debian: postgresql, redis-server). */
export const installed = (): boolean => postgresBin() !== undefined && onPath('redis-server') !== undefined;

export class Replicas {
  readonly servers: Server[] = [];
  private readonly ends: (() => Promise<unknown>)[] = [];
  private settings: Settings = {};

  static async start(n: number, settings: Settings): Promise<Replicas> {
    const all = new Replicas();
    try {
      const shared = { SYNCTV_DATABASE_URL: await all.postgres(), SYNCTV_REDIS_URL: await all.redis(), SYNCTV_CLUSTER_ADDR: '127.0.0.1:0' };
      all.settings = { ...settings, env: { ...shared, ...settings.env } };
      for (let i = 0; i < n; i++) all.servers.push(await Server.start(all.settings));
    } catch (e) {
      await all.stop();
      throw e;
    }
    return all;
  }

  /** Starts one that was killed again, where it was. */
  async again(i: number): Promise<void> {
    this.servers[i] = await Server.start({ ...this.settings, port: Number(new URL(this.servers[i]!.url).port) });
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
    for (const end of this.ends.reverse()) await end();
  }

  private async postgres(): Promise<string> {
    const bin = postgresBin()!;
    const dir = await mkdtemp(join(tmpdir(), 'synctv-pg-'));
    // It refuses to run as root.
    const [uid, gid] = process.getuid?.() === 0 ? await idsOf('postgres') : [process.getuid!(), process.getgid!()];
    await chown(dir, uid, gid);
    const as = { uid, gid, cwd: dir, env: { LC_ALL: 'C' } };
    const data = join(dir, 'data');
    const port = await freePort();
    await run(join(bin, 'initdb'), ['-D', data, '-U', 'synctv', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], as);
    const options = `-h 127.0.0.1 -p ${port} -k '' -c fsync=off -c max_connections=200`;
    await run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-l', join(dir, 'log'), '-o', options, 'start'], as);
    this.ends.push(async () => {
      await run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-m', 'fast', 'stop'], as);
      await rm(dir, { recursive: true });
    });
    return `postgres://synctv@127.0.0.1:${port}/postgres?sslmode=disable`;
  }

  private async redis(): Promise<string> {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore', cwd: tmpdir() });
    this.ends.push(() => ended(child));
    await answers(port);
    return `redis://127.0.0.1:${port}`;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function idsOf(user: string): Promise<[number, number]> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (which) => Number((await run('id', [which, user])).stdout)));
  return [uid!, gid!];
}

/** Waits until something listens on a port. */
async function answers(port: number): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 20_000; ) {
    const socket = connect({ port, host: '127.0.0.1' });
    const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`nothing listens on port ${port}`);
}
