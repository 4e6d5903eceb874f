import { describe, expect, it } from 'vitest';
import en from './en.json';
import zh from './zh.json';
import { fill, placeholders } from './fill';
import { formatBytes, formatInstant, formatPosition } from './format';
import { pickLanguage } from './languages';

describe('the two dictionaries', () => {
  it('have the same keys', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it('ask for the same placeholders and are never empty', () => {
    for (const [key, text] of Object.entries(en)) {
      const other = (zh as Record<string, string>)[key] ?? '';
      expect(placeholders(other), key).toEqual(placeholders(text));
      expect(text.trim() && other.trim(), key).not.toBe('');
    }
  });

  it('have plurals that Intl can choose from', () => {
    for (const [key, text] of [...Object.entries(en), ...Object.entries(zh)])
      if (text.includes(', plural,')) expect(text, key).toMatch(/other \{/);
  });
});

describe('fill', () => {
  const people = '{n, plural, one {# person} other {# people}} in {room}';
  it.each([
    [people, { n: 1, room: 'A' }, 'en', '1 person in A'],
    [people, { n: 1200, room: 'A' }, 'en', '1,200 people in A'],
    ['{n, plural, other {# 人}}', { n: 1 }, 'zh-CN', '1 人'],
    ['hello {who}', { who: '{n}' }, 'en', 'hello {n}'],
    ['hello {who}', {}, 'en', 'hello ']
  ])('%s', (text, params, locale, want) => {
    expect(fill(text, params as Record<string, string | number>, locale)).toBe(want);
  });

  it('names each placeholder once', () => {
    expect(placeholders('{b} {n, plural, one {#} other {#}} {a} {b}')).toEqual(['a', 'b', 'n']);
  });
});

describe('pickLanguage', () => {
  it.each([
    [['zh-TW', 'en'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['de-DE', 'zh-CN'], 'zh'],
    [['de', 'fr'], 'en'],
    [[], 'en']
  ])('%j', (wanted, want) => expect(pickLanguage(wanted as string[])).toBe(want));
});

describe('format', () => {
  it.each([
    [0, '0:00'],
    [65.9, '1:05'],
    [3725, '1:02:05'],
    [NaN, '0:00'],
    [-3, '0:00'],
    [Infinity, '0:00']
  ])('position %s', (seconds, want) => expect(formatPosition(seconds)).toBe(want));

  it('shows the date only when it was another day', () => {
    const now = new Date(2026, 4, 17, 21, 0);
    expect(formatInstant(new Date(2026, 4, 17, 9, 5).getTime(), 'en', now)).toMatch(/^09:05/);
    expect(formatInstant(new Date(2026, 4, 16, 9, 5).getTime(), 'en', now)).toMatch(/May 16/);
  });

  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1_500_000, '1.5 MB'],
    [734_000_000, '734 MB']
  ])('%d bytes', (bytes, want) => expect(formatBytes(bytes, 'en')).toBe(want));
});
