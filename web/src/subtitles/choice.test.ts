import { describe, expect, it } from 'vitest';
import type { Subtitle } from '../api/types';
import { choiceOf, clampShift, readChoice, trackFor, withItem } from './choice';

const track = (id: string, language: string): Subtitle => ({
  id, language, label: id, format: 'vtt', origin: 'file', url: '', added_by: { id: '', name: '' }, created_ms: 0
});
const tracks = [track('a', 'en'), track('b', 'zh-Hans'), track('c', '')];

describe('the track to show', () => {
  it('is one in the page’s language until something was chosen', () => {
    expect(trackFor(tracks, readChoice(null), 'x', 'zh-CN')?.id).toBe('b');
    expect(trackFor(tracks, readChoice(null), 'x', 'fr')).toBeNull();
  });
  it('is the one chosen for the item, or none', () => {
    const chosen = withItem(readChoice(null), 'x', { track: 'c', shift_s: 1 });
    expect(trackFor(tracks, chosen, 'x', 'en')?.id).toBe('c');
    expect(trackFor(tracks, withItem(chosen, 'x', { track: '', shift_s: 0 }), 'x', 'en')).toBeNull();
  });
  it('follows the language chosen last on other items', () => {
    expect(trackFor(tracks, { ...readChoice(null), language: 'zh' }, 'y', 'en')?.id).toBe('b');
    expect(trackFor(tracks, { ...readChoice(null), language: '' }, 'y', 'en')).toBeNull();
  });
});

describe('what is remembered', () => {
  it('survives nonsense in the store', () => {
    for (const stored of ['', '{', '[]', '{"size":99,"items":7}', 'null']) expect(readChoice(stored)).toMatchObject({ size: 1, items: [] });
  });
  it('is the latest of a hundred items', () => {
    let choice = readChoice(null);
    for (let i = 0; i < 150; i++) choice = withItem(choice, `i${i}`, { track: 't', shift_s: i });
    expect(choice.items.length).toBe(100);
    expect(choiceOf(choice, 'i149')?.shift_s).toBe(149);
    expect(choiceOf(choice, 'i0')).toBeUndefined();
  });
  it('shifts in tenths, within bounds', () => {
    expect([clampShift(0.1 + 0.2), clampShift(-0.04), clampShift(1e9)]).toEqual([0.3, 0, 600]);
  });
});
