// A media server like those that make proxies needed: it demands a Referer of
// its own, sends no CORS headers, counts what it is asked for, and breaks off
// when told to. Its films are made by ffmpeg, once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';

const folder = resolve(__dirname, '../.out/streams');
const key = '00112233445566778899aabbccddeeff';
const types: Record<string, string> = { '.m3u8': 'application/vnd.apple.mpegurl', '.mpd': 'application/dash+xml', '.mp4': 'video/mp4', '.m4s': 'video/mp4', '.vtt': 'text/vtt' };

export class Origin {
  /** How often each path was asked for, and with which answers. */
  readonly asked: { path: string; status: number; range: string }[] = [];
  /** Answers to break off in the middle. */
  cuts = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly root: string
  ) {
    server.on('request', (q: IncomingMessage, a: ServerResponse) => void this.answer(q, a));
  }

  static async start(): Promise<Origin> {
    const root = await streams();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Origin(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, root);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(q: IncomingMessage, a: ServerResponse): Promise<void> {
    const path = new URL(q.url ?? '/', this.url).pathname;
    const file = join(this.root, path);
    const info = await stat(file).catch(() => null);
    const range = q.headers.range ?? '';
    const ends = /^bytes=(\d+)-(\d*)$/.exec(range);
    const size = info?.size ?? 0;
    const [from, to] = ends ? [Number(ends[1]), Math.min(size, ends[2] ? Number(ends[2]) + 1 : size)] : [0, size];
    const status = q.headers.referer !== `${this.url}/` ? 403 : !info?.isFile() ? 404 : ends ? 206 : 200;
    this.asked.push({ path, status, range });
    if (status > 299) return void a.writeHead(status).end();
    a.writeHead(status, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'content-length': to - from,
      'last-modified': info!.mtime.toUTCString(),
      ...(ends && { 'content-range': `bytes ${from}-${to - 1}/${size}` })
    });
    const bytes = createReadStream(file, { start: from, end: to - 1 });
    if (this.cuts > 0 && to - from > 100_000) {
      this.cuts--;
      bytes.once('data', (chunk) => a.write(chunk, () => a.destroy()));
      return;
    }
    bytes.pipe(a);
  }
}

/** HLS with a key, alternate audio, subtitles and byte ranges; DASH with templates, two sounds, and whole files by ranges. */
async function streams(): Promise<string> {
  if (existsSync(folder)) return folder;
  const half = `${folder}.part`;
  await rm(half, { recursive: true, force: true });
  await mkdir(join(half, 'hls'), { recursive: true });
  await mkdir(join(half, 'dash'), { recursive: true });
  await writeFile(join(half, 'hls/film.key'), Buffer.from(key, 'hex'));
  await writeFile(join(half, 'hls/info'), `film.key\n${join(half, 'hls/film.key')}\n${key}\n`);
  const video = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
  const sound = (hz: number): string[] => ['-f', 'lavfi', '-i', `sine=frequency=${hz}:sample_rate=48000`];
  const picture = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0'];
  const tones = ['-c:a', 'aac', '-b:a', '64k', '-t', '40'];
  await ffmpeg(half, [
    ...video, ...sound(440), ...sound(880), '-map', '0', '-map', '1', '-map', '2', ...picture, ...tones,
    ...['-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod', '-hls_flags', 'single_file', '-hls_key_info_file', 'hls/info'],
    ...['-var_stream_map', 'v:0,agroup:a a:0,agroup:a,language:en,default:yes a:1,agroup:a,language:zh', '-master_pl_name', 'master.m3u8', 'hls/s%v.m3u8']
  ]);
  await addSubtitles(half);
  const dash = [...video, ...sound(440), ...sound(880), '-map', '0', '-map', '1', '-map', '2', ...picture, ...tones, '-f', 'dash', '-seg_duration', '2'];
  const sets = ['-adaptation_sets', 'id=0,streams=0 id=1,streams=1 id=2,streams=2'];
  await ffmpeg(half, [...dash, ...sets, 'dash/film.mpd']);
  await mkdir(join(half, 'ranges'));
  await ffmpeg(half, [...dash, ...sets, '-single_file', '1', 'ranges/film.mpd']);
  await rename(half, folder);
  return folder;
}

async function addSubtitles(half: string): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  await writeFile(join(half, 'hls/text.vtt'), 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00.000 --> 00:40.000\n字幕\n');
  await writeFile(join(half, 'hls/text.m3u8'), '#EXTM3U\n#EXT-X-TARGETDURATION:40\n#EXTINF:40,\ntext.vtt\n#EXT-X-ENDLIST\n');
  const master = await readFile(join(half, 'hls/master.m3u8'), 'utf8');
  const line = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="zh",LANGUAGE="zh",URI="text.m3u8"\n';
  await writeFile(join(half, 'hls/master.m3u8'), master.replace('#EXT-X-STREAM-INF:', `${line}#EXT-X-STREAM-INF:SUBTITLES="t",`));
}

async function ffmpeg(cwd: string, args: string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', '-y', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${words}`);
}
