import { describe, expect, it } from 'vitest';
import type { Message } from '../api/types';
import { afterFailure, allowedOn, BurstGauge, EDIT_MS, lengthOf, nameList, sends, toLines, UnreadMark } from './lines';

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

  it('tells of several who came in as one line', () => {
    const came = (who: string, code = 'member_joined'): Message => ({ ...said(who, 0, 'system'), code });
    const lines = toLines([came('a'), came('b'), came('a'), came('b', 'member_left'), came('c', 'item_started'), came('d', 'item_started')]);
    expect(lines.map((l) => l.kind === 'system' && [l.message.code, l.who.join(), l.count])).toEqual([
      ['member_joined', 'a,b', 3], ['member_left', 'b', 1], ['item_started', 'c', 1], ['item_started', 'd', 1]
    ]);
    const out = (target: string): Message => ({ ...came('host', 'member_kicked'), params: { target } });
    expect(toLines([out('a'), out('b')])).toHaveLength(2);
  });

  it('names the author of an answer and of what follows a deleted message again', () => {
    const answer = { ...said('a', 1), reply_to: { id: 'x', seq: 1, author: { id: 'b', name: 'b', color: '' }, text: 'q' } };
    const lines = toLines([{ ...said('a', 0), deleted_ms: 5 }, said('a', 1), answer, said('a', 2)]);
    expect(lines.map((l) => l.kind === 'user' && l.first)).toEqual([true, true, true, false]);
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

it('writes names as the language lists them', () => {
  const others = (n: number): string => `${n} others`;
  expect(nameList(['a', 'b'], 'en', others)).toBe('a and b');
  expect(nameList(['a', 'b'], 'zh-CN', others)).toBe('a和b');
  expect(nameList(['a', 'b', 'c', 'd', 'e', 'f'], 'en', others)).toBe('a, b, c, d, and 2 others');
});

describe('what may be done with a message', () => {
  const mine = said('me', 0);
  const theirs = said('a', 0);
  const all = { reply: true, react: true, edit: true, remove: true };
  it.each([
    ['my own', mine, { send: true, remove: false }, 1, all],
    ['my own of long ago', mine, { send: true, remove: false }, EDIT_MS, { ...all, edit: false }],
    ['my own while muted', mine, { send: false, remove: false }, 1, { reply: false, react: false, edit: false, remove: true }],
    ['another\'s', theirs, { send: true, remove: false }, 1, { ...all, edit: false, remove: false }],
    ['another\'s, keeping order', theirs, { send: true, remove: true }, 1, { ...all, edit: false }],
    ['a deleted one', { ...mine, deleted_ms: 3 }, { send: true, remove: true }, 1, { reply: false, react: false, edit: false, remove: false }],
    ['a line of the room', said('me', 0, 'system'), { send: true, remove: true }, 1, { reply: false, react: false, edit: false, remove: false }]
  ])('%s', (_, message, can, now, want) => expect(allowedOn(message, 'me', can, now)).toEqual(want));
});

it('marks what came while the page was closed, and nothing that comes now', () => {
  const [first, second, third] = [said('a'), said('a'), said('a')] as [Message, Message, Message];
  const back = new UnreadMark(first.seq);
  back.note(true, second.seq);
  expect([back.before(second, first), back.before(third, second)]).toEqual([true, false]);
  const upToDate = new UnreadMark(second.seq);
  upToDate.note(true, second.seq);
  upToDate.note(true, third.seq);
  expect(upToDate.before(third, second)).toBe(false);
});

it('marks where somebody looked away', () => {
  const mark = new UnreadMark();
  const [first, second, third] = [said('a'), said('a'), said('a')] as [Message, Message, Message];
  mark.note(true, first.seq);
  expect(mark.before(second, first)).toBe(false);
  mark.note(false, first.seq);
  mark.note(false, second.seq);
  expect([mark.before(first, undefined), mark.before(second, first), mark.before(third, second)]).toEqual([false, true, false]);
  mark.note(true, third.seq);
  expect(mark.before(second, first)).toBe(true);
  mark.note(false, third.seq);
  expect(mark.before(second, first)).toBe(false);
});
