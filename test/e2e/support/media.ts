// Real pictures and sound: a film for the library and live pushes, by ffmpeg.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '../.out/films');
const picture = 'testsrc2=size=640x360:rate=30';
const tone = 'sine=frequency=440:sample_rate=48000';
const stamp = "drawtext=text='%{pts\\:hms}':fontsize=48:fontcolor=white:box=1:boxcolor=black:x=20:y=20";

/**
 * The library folder with one film in it, made once: 640x360, 150 s, the time
 * burned in, a key frame every second, its index in front.
 */
export async function films(): Promise<string> {
  const film = join(folder, 'film.mp4');
  if (existsSync(film)) return folder;
  await mkdir(folder, { recursive: true });
  const half = join(folder, '../film.part.mp4');
  await run([
    ...['-y', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone, '-vf', stamp, '-t', '150'],
    ...['-c:v', 'libx264', '-preset', 'superfast', '-pix_fmt', 'yuv420p'],
    ...['-g', '30', '-keyint_min', '30', '-sc_threshold', '0'],
    ...['-c:a', 'aac', '-b:a', '96k', '-movflags', '+faststart', half]
  ]);
  await rename(half, film); // a run that was cut short leaves no half film
  return folder;
}

async function run(args: string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${words}`);
}

/** An encoder that pushes a live picture until it is stopped or refused. */
export class Push {
  private words = '';
  private readonly child: ChildProcess;
  private readonly gone: Promise<number | null>;

  /** `keysEvery` is how many pictures are from one key frame to the next; there are 30 a second. */
  constructor(url: string, keysEvery = 30) {
    this.child = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-re', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', tone, '-vf', stamp],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
        ...['-g', String(keysEvery), '-b:v', '1M', '-c:a', 'aac', '-f', 'flv', url]
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] }
    );
    this.child.stderr?.on('data', (chunk: Buffer) => (this.words += chunk.toString()));
    this.gone = once(this.child, 'exit').then(([code]) => code as number | null);
  }

  /** What the encoder complained about. */
  complaint(): string {
    return this.words;
  }

  /** The encoder's exit code once it has ended by itself, or "running" after limitMs. */
  async ended(limitMs: number): Promise<number | null | 'running'> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'running'>((done) => (timer = setTimeout(() => done('running'), limitMs)));
    const first = await Promise.race([this.gone, limit]);
    clearTimeout(timer);
    return first;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.gone;
  }
}
