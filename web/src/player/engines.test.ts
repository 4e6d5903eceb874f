import { expect, it } from 'vitest';
import { fitting, socketOf } from './engines';

it('takes HLS where there is no media source, and only then', () => {
  const live = { kind: 'flv', url: '/a.flv', hls_url: '/a/index.m3u8' } as const;
  expect(fitting(live, 'a', { MediaSource: 1 })).toEqual({ kind: 'flv', url: '/a.flv' });
  expect(fitting(live, '', {})).toEqual({ kind: 'hls', url: '/a/index.m3u8' });
  expect(fitting(live, 'a', {})).toEqual({ kind: 'hls', url: '/a/index.m3u8?owner=a' });
  expect(fitting({ kind: 'flv', url: '/a.flv' }, 'a', {})).toEqual({ kind: 'flv', url: '/a.flv' });
  expect(fitting({ kind: 'file', url: '/a.mp4' }, 'a', {})).toEqual({ kind: 'file', url: '/a.mp4' });
});

it('takes a socket over TLS from its own server, for live streams', () => {
  const page = { href: 'https://a.test/r/1', origin: 'https://a.test' };
  expect(socketOf({ url: '/live/x.flv?a=1', live: true }, page)).toBe('wss://a.test/live/x.flv?a=1');
  expect(socketOf({ url: '/live/x.flv', live: false }, page)).toBeNull();
  expect(socketOf({ url: 'https://b.test/x.flv', live: true }, page)).toBeNull();
  expect(socketOf({ url: '/live/x.flv', live: true }, { href: 'http://a.test/r/1', origin: 'http://a.test' })).toBeNull();
});
