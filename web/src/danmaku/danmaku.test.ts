import { describe, expect, it } from 'vitest';
import type { Danmaku } from '../api/types';
import { CommentFeed } from './feed';
import { colorOf, drawn, letterSize, PLAIN, readTaste, share, speedOver } from './taste';
import { Windows } from './windows';

const comment = (id: string, position_s: number, text = 'hi'): Danmaku => ({
  id, position_s, text, item_id: 'film', mode: 'scroll', color: '#ffffff', size: 'normal', author: { id: 'a', name: 'Ann', color: '' }, created_ms: 1
});

describe('taste', () => {
  it.each([
    [null, {}], ['', {}], ['nonsense', {}], ['null', {}], ['[]', {}], ['{"density":9,"opacity":"x","words":7}', {}],
    ['{"on":false,"density":0.5,"words":["spoiler"," ",3],"people":[{"id":"a","name":"Ann"},null]}', { on: false, density: 0.5, words: ['spoiler'], people: [{ id: 'a', name: 'Ann' }] }]
  ])('reads %s', (stored, want) => expect(readTaste(stored)).toEqual({ ...PLAIN, ...want }));

  it('keeps away what somebody does not want to see', () => {
    const d = comment('d', 1, 'A SPOILER here');
    expect(drawn(d, PLAIN)).toBe(true);
    expect(drawn(d, { ...PLAIN, words: ['spoiler'] })).toBe(false);
    expect(drawn(d, { ...PLAIN, people: [{ id: 'a', name: '' }] })).toBe(false);
  });

  it('thins out evenly, and the same ones each time', () => {
    const all = Array.from({ length: 4000 }, (_, i) => comment(`id-${i}-zzzz`, i));
    const kept = all.filter((d) => drawn(d, { ...PLAIN, density: 0.25 }));
    expect(kept.length).toBeGreaterThan(900);
    expect(kept.length).toBeLessThan(1100);
    expect(all.filter((d) => drawn(d, { ...PLAIN, density: 0.25 }))).toEqual(kept);
    expect(share('x')).toBe(share('x'));
  });

  it('fits the picture', () => {
    expect(letterSize('normal', 360, PLAIN)).toBe(21);
    expect(letterSize('large', 2000, PLAIN)).toBe(46);
    expect(letterSize('small', 100, PLAIN)).toBe(10);
    expect(speedOver(2000, PLAIN)).toBe(300);
  });

  it('takes colours only', () => {
    expect([colorOf('#FF8800'), colorOf('red'), colorOf('#fff;x')]).toEqual(['#FF8800', '#ffffff', '#ffffff']);
  });
});

describe('windows', () => {
  const rig = (until = (_: number, to: number): number => to) => {
    const asked: string[] = [];
    const taken: string[] = [];
    const windows = new Windows(
      async (item, from, to) => {
        asked.push(`${item} ${from}-${to}`);
        if (item === 'broken') throw new Error('away');
        return { danmaku: [comment(`d${from}`, from)], until_s: until(from, to) };
      },
      (list) => taken.push(...list.map((d) => d.id))
    );
    return { asked, taken, windows };
  };

  it('fetches each part once, the next before it is needed', async () => {
    const { asked, taken, windows } = rig();
    await windows.at(0, 0);
    expect(asked).toEqual([]);
    windows.start('film');
    for (const s of [0, 5, 89, 91, 95, 1000, 995, 30]) await windows.at(s, 0);
    expect(asked).toEqual(['film 0-120', 'film 120-240', 'film 990-1110', 'film 985-1105']);
    expect(taken).toEqual(['d0', 'd120', 'd990', 'd985']);
  });

  it('goes on where a full window ended, and never stands still', async () => {
    const { asked, windows } = rig((from) => (from === 0 ? 10 : from));
    windows.start('film');
    for (let i = 0; i < 4; i++) await windows.at(0, 0);
    expect(asked).toEqual(['film 0-120', 'film 10-130', 'film 11-131', 'film 12-132']);
  });

  it('waits after a failure, and knows what was heard already', async () => {
    const { asked, taken, windows } = rig();
    windows.start('broken');
    await windows.at(0, 1000);
    await windows.at(0, 2000);
    await windows.at(0, 12_000);
    expect(asked).toHaveLength(2);
    windows.start('film');
    expect(windows.fresh('d0')).toBe(true);
    await windows.at(0, 13_000);
    expect(taken).toEqual([]);
  });
});

it('tells whoever listens', () => {
  const feed = new CommentFeed();
  const heard: string[] = [];
  const stop = feed.listen((e) => heard.push(e.type));
  feed.tell({ type: 'danmaku_gone', id: 'x' });
  stop();
  feed.tell({ type: 'danmaku_gone', id: 'y' });
  expect(heard).toEqual(['danmaku_gone']);
});
