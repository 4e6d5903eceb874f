import { describe, expect, it } from 'vitest';
import type { Folder, Item } from '../api/types';
import { countIn, dropped, foldersIn, stepped, targets, wayTo } from './tree';

const folder = (id: string, parent_id = ''): Folder => ({ id, parent_id, name: id.toUpperCase(), added_by: { id: 'u', name: 'Ann' } });
const folders = [folder('b'), folder('a'), folder('c', 'a'), folder('d', 'c')];
const items = ['1', '2', '3', '4'].map((id) => ({ id, folder_id: '' }) as Item);

it('finds the way to a folder', () => {
  expect(wayTo(folders, 'd').map((f) => f.id)).toEqual(['a', 'c', 'd']);
  expect(wayTo(folders, '')).toEqual([]);
  expect(wayTo(folders, 'gone')).toEqual([]);
  expect(wayTo([folder('x', 'y'), folder('y', 'x')], 'x').length).toBeLessThanOrEqual(2);
});

it('lists what is in a folder', () => {
  expect(foldersIn(folders, '').map((f) => f.id)).toEqual(['a', 'b']);
  const inside = [{ id: '1', folder_id: 'd' }, { id: '2', folder_id: 'a' }, { id: '3', folder_id: '' }] as Item[];
  expect(countIn(folders, inside, 'a')).toBe(2);
  expect(countIn(folders, inside, 'b')).toBe(0);
});

it('does not offer to put a folder into itself', () => {
  expect(targets(folders, []).map((f) => f.name)).toEqual(['A', 'A / C', 'A / C / D', 'B']);
  expect(targets(folders, ['c']).map((f) => f.id)).toEqual(['a', 'b']);
});

describe('one step', () => {
  it.each([
    ['1', -1, null], ['2', -1, ''], ['3', -1, '1'], ['1', 1, '2'], ['3', 1, '4'], ['4', 1, null], ['x', 1, null]
  ] as const)('%s by %d', (id, step, want) => expect(stepped(items, id, step)).toBe(want));
});

describe('a drop', () => {
  it.each([
    [['4'], '1', false, ''], [['4'], '1', true, '1'], [['1'], '3', false, '2'], [['1'], '4', true, '4'],
    [['2'], '2', false, '1'], [['1', '2'], '2', true, ''], [['2', '3'], '4', false, '1']
  ] as const)('%j on %s', (ids, over, lower, want) => expect(dropped(items, ids, over, lower)).toBe(want));
});
