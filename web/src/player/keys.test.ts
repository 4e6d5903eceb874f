import { describe, expect, it } from 'vitest';
import en from '../text/en.json';
import { actionOf, SHORTCUTS, type Key, type Place } from './keys';

const press = (key: string, over: Partial<Key> = {}): Key => ({
  key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, keyCode: 0, repeat: false,
  defaultPrevented: false, ...over,
});

describe('actionOf', () => {
  it.each([
    [' ', { kind: 'toggle' }],
    ['k', { kind: 'toggle' }],
    ['K', { kind: 'toggle' }],
    ['j', { kind: 'by', s: -10 }],
    ['l', { kind: 'by', s: 10 }],
    ['ArrowLeft', { kind: 'by', s: -5 }],
    ['ArrowRight', { kind: 'by', s: 5 }],
    ['ArrowUp', { kind: 'louder', share: 0.05 }],
    ['ArrowDown', { kind: 'louder', share: -0.05 }],
    ['m', { kind: 'mute' }],
    ['f', { kind: 'fullscreen' }],
    ['t', { kind: 'theatre' }],
    ['n', { kind: 'next' }],
    ['?', { kind: 'help' }],
    ['x', null],
    ['Enter', null],
    ['Tab', null],
    ['Escape', null],
  ])('%s', (key, want) => {
    expect(actionOf(press(key), 'free')).toEqual(want);
  });

  it.each<[string, Key, Place]>([
    ['with Ctrl it is the browser\'s', press('f', { ctrlKey: true }), 'free'],
    ['with Cmd likewise', press('l', { metaKey: true }), 'free'],
    ['with Alt likewise', press('ArrowLeft', { altKey: true }), 'free'],
    ['while writing', press('k'), 'writing'],
    ['a space while writing', press(' '), 'writing'],
    ['in a dialog', press('f'), 'dialog'],
    ['while an input method composes', press('n', { isComposing: true }), 'free'],
    ['older browsers say it by a code', press('n', { keyCode: 229 }), 'free'],
    ['a space on a button presses the button', press(' '), 'button'],
    ['arrows on a slider or a tab are its own', press('ArrowRight'), 'arrows'],
    ['somebody has used it already', press('k', { defaultPrevented: true }), 'free'],
    ['held down it does not flicker', press('m', { repeat: true }), 'free'],
  ])('nothing: %s', (_name, key, place) => {
    expect(actionOf(key, place)).toBeNull();
  });

  it('letters work on buttons and sliders, arrows repeat', () => {
    expect(actionOf(press('k'), 'button')).toEqual({ kind: 'toggle' });
    expect(actionOf(press('m'), 'arrows')).toEqual({ kind: 'mute' });
    expect(actionOf(press('ArrowLeft', { repeat: true }), 'free')).toEqual({ kind: 'by', s: -5 });
  });

  it('every line of the help has a text', () => {
    for (const s of SHORTCUTS) expect(en).toHaveProperty([s.text]);
  });
});
