import { describe, expect, it } from 'vitest';
import { isOurs, parseRoute, roomPath, safeNext, withNext, type LinkClick } from './routes';

describe('parseRoute', () => {
  it.each([
    ['/', '', { page: 'home' }],
    ['', '', { page: 'home' }],
    ['/r/abc_-123', '', { page: 'room', id: 'abc_-123' }],
    ['/r/abc/', '', { page: 'room', id: 'abc' }],
    ['/r/%E6%88%BF', '', { page: 'room', id: '房' }],
    ['/r/%E6%88', '', { page: 'missing' }],
    ['/r', '', { page: 'missing' }],
    ['/r/a/b', '', { page: 'missing' }],
    ['/login', '', { page: 'login', next: '/' }],
    ['/login', '?next=%2Fr%2Fabc', { page: 'login', next: '/r/abc' }],
    ['/register/', '?next=%2Fr%2Fabc', { page: 'register', next: '/r/abc' }],
    ['/login/x', '', { page: 'missing' }],
    ['/me', '', { page: 'me' }],
    ['/me/x', '', { page: 'missing' }],
    ['/admin/', '', { page: 'admin' }],
    ['/admin/nothing', '', { page: 'missing' }]
  ])('%s%s', (path, search, want) => expect(parseRoute(path, search)).toEqual(want));
});

describe('safeNext', () => {
  it.each([
    [null, '/'],
    ['', '/'],
    ['/r/a?x=1', '/r/a?x=1'],
    ['r/a', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['/\t/evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/../r/a', '/r/a']
  ])('%j → %s', (next, want) => expect(safeNext(next)).toBe(want));
});

it('survives the way there and back', () => {
  const address = new URL(withNext('/login', roomPath('a/ä?')), 'http://here');
  expect(parseRoute(address.pathname, address.search)).toEqual({ page: 'login', next: '/r/a%2F%C3%A4%3F' });
  expect(parseRoute('/r/a%2F%C3%A4%3F', '')).toEqual({ page: 'room', id: 'a/ä?' });
  expect(withNext('/register', '/')).toBe('/register');
});

describe('isOurs', () => {
  const plain: LinkClick = { prevented: false, button: 0, modified: false, target: '', download: false, path: '/r/a' };
  it.each<[string, Partial<LinkClick>, boolean]>([
    ['a plain click', {}, true],
    ['_self', { target: '_self' }, true],
    ['a new tab', { target: '_blank' }, false],
    ['ctrl', { modified: true }, false],
    ['the middle button', { button: 1 }, false],
    ['another site', { path: null }, false],
    ['a download', { download: true }, false],
    ['handled already', { prevented: true }, false],
    ['the API', { path: '/api/openapi.json' }, false]
  ])('%s', (_, change, want) => expect(isOurs({ ...plain, ...change })).toBe(want));
});
