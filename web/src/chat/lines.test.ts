import { describe, expect, it } from 'vitest';
import type { Message } from '../api/types';
import { afterFailure, BurstGauge, lengthOf, sends, toLines } from './lines';

let seq = 0;
const said = (who: string, at = 0, kind: Message['kind'] = 'user'): Message => ({
  id: `c${++seq}`, seq, kind, author: { id: who, name: who, color: '' }, text: `t${seq}`, item_id: '', position_s: 0, created_ms: at
});

describe('toLines', () => {
  it('writes a name once per run and again after five minutes', () => {
    const lines = toLines([said('a', 0), said('a', 1000), said('b', 2000), said('a', 3000), said('a', 3000 + 300_000)]);
    expect(lines.map((l) => l.kind === 'user' && l.first)).toEqual([true, false, true, true, true]);
  });

  it('folds what one person did in a row into its last line', () => {
    const did = [said('a', 0, 'system'), said('a', 1, 'system'), said('b', 2, 'system'), said('a', 3), said('a', 4, 'system')];
    const lines = toLines(did);
    expect(lines.map((l) => l.kind)).toEqual(['system', 'system', 'user', 'system']);
    expect(lines[0]).toMatchObject({ count: 2, message: did[1] });
    expect(lines[2]).toMatchObject({ first: true });
  });

  it('has nothing to draw for nothing', () => expect(toLines([])).toEqual([]));
});

describe('sends', () => {
  const enter = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 };
  it.each([
    ['Enter', {}, true],
    ['Shift+Enter', { shiftKey: true }, false],
    ['Enter that picks a character', { isComposing: true }, false],
    ['the same in Safari', { keyCode: 229 }, false],
    ['a letter', { key: 'a', keyCode: 65 }, false]
  ])('%s', (_, change, want) => expect(sends({ ...enter, ...change })).toBe(want));
});

it('counts people\'s letters, not units', () => {
  expect(lengthOf('  你好👋🏽 ')).toBe(4);
});

it('never loses what was typed', () => {
  expect(afterFailure('hello', '')).toBe('hello');
  expect(afterFailure('hello', ' and')).toBe('hello\n and');
});

it('calls many arrivals within a second a burst', () => {
  const gauge = new BurstGauge();
  expect([gauge.note(1, 0), gauge.note(2, 100), gauge.note(2, 200), gauge.note(1, 1_500), gauge.note(900, 3_000), gauge.note(1, 5_000)]).toEqual([false, false, true, false, true, false]);
});
