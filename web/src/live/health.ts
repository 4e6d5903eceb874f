/** What a streamer should hear of his stream. Pure; nothing of pages or requests. */
import type { StreamStats } from '../api/types';

/** A stream on air, as the room knows it. `startup_ms`: how long it took to start in this page, if it plays here. */
export type OnAir = { stream: string; title: string; startup_ms: number | null };

/** Key frames further apart than this (ms) make everybody who joins wait, and laggards jump far. */
const KEYS_APART_MS = 4000;
/** Of a hundred pictures, so many may be missing before it is worth a word. */
const LOST_PERCENT = 1;

/** Sound that HLS takes: with any other, browsers without media source (iPhones) hear nothing. */
const HLS_SOUND = ['mp4a', 'opus'];

export type Warning = 'live.warn_long_gop' | 'live.warn_keys' | 'live.warn_lost' | 'live.warn_sound';

/** What is wrong with the stream, worst first. */
export function warnings(s: StreamStats, now_ms: number): Warning[] {
  const found: Warning[] = [];
  if (s.long_gop) found.push('live.warn_long_gop');
  else if (s.key_interval_ms > KEYS_APART_MS) found.push('live.warn_keys');
  const pictures = (Math.max(0, now_ms - s.started_ms) / 1000) * s.frame_rate;
  if (s.lost_frames > (pictures * LOST_PERCENT) / 100) found.push('live.warn_lost');
  if (s.audio && !HLS_SOUND.includes(s.audio)) found.push('live.warn_sound');
  return found;
}

const CODECS: Record<string, string> = { avc1: 'H.264', hvc1: 'HEVC', av01: 'AV1', mp4a: 'AAC', opus: 'Opus', mp3: 'MP3', '.mp3': 'MP3' };

/** Codecs as people call them: "H.264, AAC". */
export const codecs = (s: Pick<StreamStats, 'video' | 'audio'>): string =>
  [s.video, s.audio].filter(Boolean).map((c) => CODECS[c] ?? c).join(', ');
