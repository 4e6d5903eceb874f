import { expect, it } from 'vitest';
import { fitting } from './engines';

it('takes HLS where there is no media source, and only then', () => {
  const live = { kind: 'flv', url: '/a.flv', hls_url: '/a/index.m3u8' } as const;
  expect(fitting(live, 'a', { MediaSource: 1 })).toEqual({ kind: 'flv', url: '/a.flv' });
  expect(fitting(live, '', {})).toEqual({ kind: 'hls', url: '/a/index.m3u8' });
  expect(fitting(live, 'a', {})).toEqual({ kind: 'hls', url: '/a/index.m3u8?owner=a' });
  expect(fitting({ kind: 'flv', url: '/a.flv' }, 'a', {})).toEqual({ kind: 'flv', url: '/a.flv' });
  expect(fitting({ kind: 'file', url: '/a.mp4' }, 'a', {})).toEqual({ kind: 'file', url: '/a.mp4' });
});
