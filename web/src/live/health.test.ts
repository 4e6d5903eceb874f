import { expect, it } from 'vitest';
import type { StreamStats } from '../api/types';
import { codecs, warnings } from './health';

const stats = (over: Partial<StreamStats> = {}): StreamStats => ({
  started_ms: 1000, video: 'avc1', audio: 'mp4a', bitrate_kbps: 2500, frame_rate: 30, key_interval_ms: 2000, long_gop: false,
  lost_frames: 0, viewers: 3, skipped: 0, closed_slow: 0, closed_stalled: 0, ...over
});

it.each([
  ['all well', {}, []],
  ['key frames far apart', { key_interval_ms: 5000 }, ['live.warn_keys']],
  ['nobody can join', { key_interval_ms: 12000, long_gop: true }, ['live.warn_long_gop']],
  ['a few pictures in 100 s', { lost_frames: 30 }, []],
  ['many pictures in 100 s', { lost_frames: 31 }, ['live.warn_lost']],
  ['sound that HLS does not take', { audio: 'mp3' }, ['live.warn_sound']],
  ['Opus, which it does', { audio: 'opus' }, []],
  ['no sound', { audio: '' }, []],
  ['sound alone', { video: '', frame_rate: 0, key_interval_ms: 0 }, []]
])('%s', (_, over, want) => {
  expect(warnings(stats(over), 101_000)).toEqual(want);
});

it('names codecs as people do', () => {
  expect(codecs(stats())).toBe('H.264, AAC');
  expect(codecs({ video: '', audio: 'opus' })).toBe('Opus');
  expect(codecs({ video: 'vp09', audio: '' })).toBe('vp09');
});
