/** Tells the system (lock screen, media keys, headsets) what plays, and takes its presses. */
import type { Presses } from './presses';

/** What the system shows. Lengths in seconds; NaN or Infinity when there is none. */
export type Shown = { title: string; by: string; paused: boolean; at: number; length: number; rate: number };

/** Takes the system's media keys until the answer is called. */
export function takeKeys(presses: Presses): () => void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (!session) return () => {};
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ['play', () => presses.play()],
    ['pause', () => presses.pause()],
    ['stop', () => presses.pause()],
    ['seekto', (d) => presses.seekTo(d.seekTime ?? 0)],
    ['seekbackward', (d) => presses.seekBy(-(d.seekOffset ?? 10))],
    ['seekforward', (d) => presses.seekBy(d.seekOffset ?? 10)],
    ['nexttrack', () => presses.next()],
    ['previoustrack', () => presses.previous()],
  ];
  for (const [action, handler] of handlers) setHandler(session, action, handler);
  return () => {
    for (const [action] of handlers) setHandler(session, action, null);
    session.metadata = null;
    session.playbackState = 'none';
  };
}

/** Shows what plays; null when nothing does. */
export function show(s: Shown | null): void {
  const session = navigator.mediaSession as MediaSession | undefined;
  if (!session) return;
  session.playbackState = !s ? 'none' : s.paused ? 'paused' : 'playing';
  if (!s) {
    session.metadata = null;
    return;
  }
  if (session.metadata?.title !== s.title) session.metadata = new MediaMetadata({ title: s.title, artist: s.by });
  const known = Number.isFinite(s.length) && s.length > 0;
  session.setPositionState?.(
    known ? { duration: s.length, position: Math.min(Math.max(0, s.at), s.length), playbackRate: s.rate } : {},
  );
}

/** Browsers throw on actions they have not heard of. */
function setHandler(session: MediaSession, action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // That key does nothing here.
  }
}
