/**
 * Keeps a live picture close to the newest that is loaded: a little faster when it is behind, a
 * jump when it is far behind. Knows a media element; nothing of engines.
 */

/** Each stall adds so much (s), up to the most: a bad line plays later rather than in pieces. */
const STALL_S = 0.2;
const MOST_S = 1.5;
/** So long (ms) without a stall takes one back. */
const CALM_MS = 20_000;
/** What waits so soon (ms) after a jump waits because of it, not because of the line. */
const LANDING_MS = 1000;
/** Beyond the target by so much (s) it catches up; by so much it jumps. */
const SLACK_S = 0.2;
const JUMP_S = 1;
/** How much faster it catches up: 0.1 is 100 ms a second, and nobody hears it. */
const FASTER = 1.1;

/** What to do about a picture that is so far behind and plays at that rate. */
export type Step = { jump: true } | { jump: false; rate: number };

/** Pure. The first look at a new picture jumps sooner: whoever joins begins at a key frame, up to a whole GOP ago. */
export function step(behind_s: number, target_s: number, rate: number, first: boolean): Step {
  const over = behind_s - target_s;
  if (over > (first ? SLACK_S : JUMP_S)) return { jump: true };
  if (over > SLACK_S) return { jump: false, rate: FASTER };
  // Once catching up, all the way: rates that change at each look are heard.
  return { jump: false, rate: over > 0 && rate > 1 ? FASTER : 1 };
}

/** The target after one stall more. */
export const later = (target_s: number): number => Math.min(MOST_S, target_s + STALL_S);

/** Keeps the element so far (s) behind its newest, more if its line stalls, until the answer is called. */
export function keepToEdge(video: HTMLVideoElement, behind_s: number): () => void {
  let target_s = behind_s;
  let first = true;
  let jumped_ms = 0;
  let stalled_ms = 0;
  const look = (): void => {
    const { buffered, currentTime, paused, seeking } = video;
    if (paused || seeking || buffered.length === 0) return;
    const now = performance.now();
    if (target_s > behind_s && now - stalled_ms > CALM_MS) {
      target_s = Math.max(behind_s, target_s - STALL_S);
      stalled_ms = now;
    }
    const newest = buffered.end(buffered.length - 1);
    const next = step(newest - currentTime, target_s, video.playbackRate, first);
    first = false;
    if (next.jump) {
      jumped_ms = now;
      video.currentTime = newest - target_s;
    } else if (video.playbackRate !== next.rate) video.playbackRate = next.rate;
  };
  const stalled = (): void => {
    const now = performance.now();
    if (first || video.seeking || now - jumped_ms < LANDING_MS) return;
    stalled_ms = now;
    target_s = later(target_s);
  };
  video.addEventListener('timeupdate', look);
  video.addEventListener('waiting', stalled);
  return () => {
    video.removeEventListener('timeupdate', look);
    video.removeEventListener('waiting', stalled);
    video.playbackRate = 1;
  };
}
