import { expect, it } from 'vitest';
import { parseLinks } from './links';

it.each([
  ['https://a/b.mp4', ['https://a/b.mp4']],
  ['  https://a/b.mp4 \n http://c/d.m3u8?x=1 ', ['https://a/b.mp4', 'http://c/d.m3u8?x=1']],
  ['rtmp://a/live/b?key=1 rtmps://a/live/b', ['rtmp://a/live/b?key=1', 'rtmps://a/live/b']],
  ['', []],
  ['film.mp4', null],
  ['https://a/b.mp4 and', null],
  ['javascript:alert(1)', null],
  ['file:///etc/passwd', null],
  ['ftp://a/b.mp4', null]
])('%j', (pasted, want) => expect(parseLinks(pasted)).toEqual(want));
