import { here } from './base';
import { networkError, problemToError } from './problem';
import { address, request } from './request';
import type { Subtitle } from './types';

const at = (room: string, item: string, rest = ''): string =>
  `/api/rooms/${encodeURIComponent(room)}/items/${encodeURIComponent(item)}/subtitles${rest}`;

export const subtitles = {
  list: (room: string, item: string) => request<{ subtitles: Subtitle[] }>('GET', at(room, item)),
  fetch: (room: string, item: string, url: string) => request<Subtitle>('POST', at(room, item, '/fetch'), { url }),
  remove: (track: Subtitle) => request<void>('DELETE', track.url),
  upload
};

/** A file may take longer than a command on a slow line. */
const UPLOAD_MS = 60_000;

/** Sends a file as it is; the server finds out what it is. */
async function upload(room: string, item: string, file: File): Promise<Subtitle> {
  const response = await fetch(here(address(at(room, item), { name: file.name })), {
    method: 'POST', credentials: 'same-origin', body: file, signal: AbortSignal.timeout(UPLOAD_MS),
    headers: { 'Content-Type': 'application/octet-stream' }
  }).catch((cause: unknown) => {
    throw networkError(cause);
  });
  const json: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemToError(response.status, json, response.headers.get('Retry-After'));
  return json as Subtitle;
}
