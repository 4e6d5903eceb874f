/**
 * Puts a source into a media element, by kind. The heavy engines are lazy chunks, loaded when
 * a source needs them. Knows elements and engines; nothing of rooms, sync or retries.
 */
import type { Play, PlayKind } from '../api/types';
import { keepToEdge } from './edge';
import { ofDash, ofElement, ofFlv, ofHls, type Failure } from './failure';

/**
 * What is to be opened. `start_s` is where the film will be wanted, to load from there first;
 * `fallback` another address of the same, for when the browser cannot fetch `url`.
 */
export type Opening = { kind: PlayKind; url: string; live: boolean; start_s: number; fallback?: string | undefined };

/** An open source; destroy() leaves an empty element. */
export type Attached = { destroy(): void };

/** Hears of the failure that ended a source; at most once for each. */
export type OnFailure = (f: Failure) => void;

/** So far (s) behind the newest that is loaded plays live FLV, which comes picture by picture. */
const FLV_BEHIND_S = 0.35;
/** So many parts behind the newest that is loaded plays low-latency HLS. */
const PARTS_BEHIND = 3;

/**
 * What this browser should open: iPhones without media source play HLS only. Its files have other
 * names at each owner of the stream, so that another one makes another address.
 */
export function fitting(play: Play, owner = '', page: object = window): { kind: PlayKind; url: string } {
  if (play.kind === 'flv' && play.hls_url && !('MediaSource' in page)) {
    return { kind: 'hls', url: owner ? `${play.hls_url}?owner=${owner}` : play.hls_url };
  }
  return { kind: play.kind, url: play.url };
}

type Mpegts = (typeof import('mpegts.js'))['default'];

/** Opens a source. Rejects only when an engine's chunk cannot be fetched. */
export async function attach(video: HTMLVideoElement, o: Opening, onfailure: OnFailure): Promise<Attached> {
  if (o.kind === 'flv') return flv(video, o, once(onfailure));
  // iPhones without media source play HLS themselves; all others do better with hls.js.
  if (o.kind === 'hls' && 'MediaSource' in window) return hls(video, o, once(onfailure));
  if (o.kind === 'dash') return dash(video, o, once(onfailure));
  return native(video, o, once(onfailure));
}

function native(video: HTMLVideoElement, o: Opening, onfailure: OnFailure): Attached {
  const failed = () => void (video.error && onfailure(ofElement(video.error.code, video.error.message)));
  video.addEventListener('error', failed);
  video.src = o.url;
  return {
    destroy() {
      video.removeEventListener('error', failed);
      video.removeAttribute('src');
      video.load();
    },
  };
}

async function hls(video: HTMLVideoElement, o: Opening, onfailure: OnFailure): Promise<Attached> {
  const [{ default: Hls }, { default: workerPath }] = await Promise.all([
    import('hls.js'),
    import('hls.js/dist/hls.worker.js?url'),
  ]);
  const player = new Hls({
    workerPath,
    backBufferLength: 60,
    lowLatencyMode: o.live,
    startPosition: o.live ? -1 : o.start_s,
  });
  // Only where parts come one by one is the newest that is loaded the newest there is. What
  // hls.js does by itself leaves a picture behind for good that is more than a segment late.
  let leave: (() => void) | null = null;
  player.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
    if (details.live && details.partTarget) leave ??= keepToEdge(video, PARTS_BEHIND * details.partTarget);
  });
  let recovered = false;
  player.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    // A broken piece is worth one fresh start of the decoder.
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      return player.recoverMediaError();
    }
    onfailure(ofHls(data.type, data.details, data.response?.code));
  });
  player.loadSource(o.url);
  player.attachMedia(video);
  return {
    destroy() {
      leave?.();
      player.destroy();
    },
  };
}

async function dash(video: HTMLVideoElement, o: Opening, onfailure: OnFailure): Promise<Attached> {
  if (!('MediaSource' in window)) return refuse(onfailure, { reason: 'no_dash', detail: '' });
  const { MediaPlayer, Debug } = await import('dashjs');
  const player = MediaPlayer().create();
  player.updateSettings({
    debug: { logLevel: Debug.LOG_LEVEL_NONE },
    streaming: { text: { defaultEnabled: false } },
  });
  player.on(MediaPlayer.events.ERROR, (e) => {
    const error = e.error as { code: number; message: string };
    onfailure(ofDash(error.code, error.message));
  });
  player.initialize(video, new URL(o.url, location.href).href, false, o.live ? undefined : o.start_s);
  return { destroy: () => player.destroy() };
}

/**
 * The WebSocket of a live stream that this page's own server sends over TLS, null for others:
 * over HTTP/1.1 each stream keeps one of the six connections a browser opens to a site.
 */
export function socketOf(o: Pick<Opening, 'url' | 'live'>, page: Pick<Location, 'href' | 'origin'> = location): string | null {
  const url = new URL(o.url, page.href);
  if (!o.live || url.protocol !== 'https:' || url.origin !== page.origin) return null;
  url.protocol = 'wss:';
  return url.href;
}

async function flv(video: HTMLVideoElement, o: Opening, onfailure: OnFailure): Promise<Attached> {
  const { default: mpegts } = await import('mpegts.js');
  if (!mpegts.isSupported()) return refuse(onfailure, { reason: 'no_flv', detail: '' });
  mpegts.LoggingControl.applyConfig({ enableVerbose: false, enableDebug: false, enableInfo: false });
  // The worker has no base URL, so it needs the whole address.
  const url = new URL(o.url, location.href).href;
  const socket = socketOf(o);
  if (!socket) return flvFrom(mpegts, video, o, url, onfailure);
  // A proxy that lets no socket through, or the reason why, which sockets do not tell: HTTP.
  let open = flvFrom(mpegts, video, o, socket, once((f) => {
    if (video.readyState > 0) return onfailure(f);
    open.destroy();
    open = flvFrom(mpegts, video, o, url, onfailure);
  }));
  return { destroy: () => open.destroy() };
}

function flvFrom(mpegts: Mpegts, video: HTMLVideoElement, o: Opening, url: string, onfailure: OnFailure): Attached {
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: o.live, url },
    {
      enableWorker: true,
      enableStashBuffer: !o.live,
      autoCleanupSourceBuffer: true,
    },
  );
  player.on(mpegts.Events.ERROR, (type: string, detail: string, info?: { code?: number }) =>
    onfailure(ofFlv(type, detail, info?.code)),
  );
  if (o.live) player.on(mpegts.Events.LOADING_COMPLETE, () => onfailure({ reason: 'offline', detail: 'ended' }));
  player.attachMediaElement(video);
  player.load();
  const leave = o.live ? keepToEdge(video, FLV_BEHIND_S) : () => {};
  return {
    destroy() {
      leave();
      player.destroy();
    },
  };
}

function refuse(onfailure: OnFailure, f: Failure): Attached {
  onfailure(f);
  return { destroy() {} };
}

function once(onfailure: OnFailure): OnFailure {
  let said = false;
  return (f) => {
    if (said) return;
    said = true;
    onfailure(f);
  };
}
