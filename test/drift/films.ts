// What plays in a run: a small clip, so that many pages fit on one machine
// (320x180, 15 pictures a second, 200 s), as mp4 and as HLS.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const ffmpeg = (args: string[]): Promise<unknown> => promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...args]);

/** The folder with the clip, made once. */
export async function clip(out: string): Promise<string> {
  const folder = join(out, 'films');
  const film = join(folder, 'clip.mp4');
  await mkdir(join(folder, 'hls'), { recursive: true });
  if (!existsSync(film)) {
    await ffmpeg([
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '200'],
      ...['-c:v', 'libx264', '-preset', 'superfast', '-pix_fmt', 'yuv420p', '-g', '15', '-keyint_min', '15'],
      ...['-c:a', 'aac', '-b:a', '96k', '-movflags', '+faststart', film]
    ]);
  }
  const list = join(folder, 'hls', 'clip.m3u8');
  if (!existsSync(list)) {
    const pieces = join(folder, 'hls', 'piece%03d.m4s');
    await ffmpeg([...['-i', film, '-c', 'copy', '-f', 'hls', '-hls_time', '4', '-hls_playlist_type', 'vod'], ...['-hls_segment_type', 'fmp4', '-hls_segment_filename', pieces, list]]);
  }
  return folder;
}

/** Another server that has the clip as HLS, as a room's link to it would name. */
export async function serveHls(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    void readFile(join(folder, 'hls', basename(new URL(request.url ?? '/', 'http://x').pathname))).then(
      (data) => response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).end(data),
      () => response.writeHead(404).end()
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.m3u8`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  };
}
