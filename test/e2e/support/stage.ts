// What happens to the <video> of a page, on one clock: all pages run on this
// machine, so performance.timeOrigin + performance.now() is the same instant for
// each of them, to a fraction of a millisecond.
import type { Page } from '@playwright/test';

export interface Sample {
  /** Milliseconds on the common clock. */
  at: number;
  /** The film's position in seconds. */
  position: number;
}

/** The film's position and state now. */
export function look(page: Page): Promise<Sample & { paused: boolean; width: number }> {
  return page.locator('video').evaluate((v: HTMLVideoElement) => ({
    at: performance.timeOrigin + performance.now(),
    position: v.currentTime,
    paused: v.paused,
    width: v.videoWidth
  }));
}

/** Samples the film 20 times a second for so many seconds. */
export function watch(page: Page, seconds: number): Promise<Sample[]> {
  return page.locator('video').evaluate(async (v: HTMLVideoElement, ms) => {
    const samples: Sample[] = [];
    const end = performance.now() + ms;
    while (performance.now() < end) {
      samples.push({ at: performance.timeOrigin + performance.now(), position: v.currentTime });
      await new Promise((next) => setTimeout(next, 50));
    }
    return samples;
  }, seconds * 1000);
}

/**
 * How far b is from a, in milliseconds of film, at each instant a was sampled:
 * b's position is interpolated between the two samples around that instant.
 */
export function drift(a: Sample[], b: Sample[]): number[] {
  const found: number[] = [];
  for (const sample of a) {
    const after = b.findIndex((other) => other.at >= sample.at);
    const [left, right] = [b[after - 1], b[after]];
    if (!left || !right || right.at - left.at > 250) continue;
    const part = (sample.at - left.at) / (right.at - left.at || 1);
    const other = left.position + part * (right.position - left.position);
    found.push((other - sample.position) * 1000);
  }
  return found;
}

/** How far (ms) a film that was to run evenly strayed from that: it jumped, or stood. */
export function strayed(samples: Sample[]): number {
  const ahead = samples.map((sample) => sample.position * 1000 - sample.at);
  return Math.max(...ahead) - Math.min(...ahead);
}

/** The value that the given part of the sizes of all values stays below. */
export function percentile(values: number[], part: number): number {
  const sizes = values.map(Math.abs).sort((x, y) => x - y);
  return sizes[Math.min(sizes.length - 1, Math.floor(part * sizes.length))] ?? NaN;
}

/** Begins to note when the page's film plays, pauses, jumps, when its socket is gone ("offline") and back ("back"), and when keys and clicks arrive. */
export async function note(page: Page): Promise<void> {
  await page.evaluate(() => {
    const notes: { what: string; at: number }[] = [];
    const add = (what: string): void => void notes.push({ what, at: performance.timeOrigin + performance.now() });
    const keep = (event: Event): void => add(event.type);
    // Capturing, so that the stamp comes before the page's own work.
    for (const what of ['play', 'playing', 'pause', 'seeking', 'seeked', 'click', 'input', 'change'])
      document.addEventListener(what, keep, true);
    const pill = document.querySelector<HTMLElement>('[data-testid=sync-pill]')!;
    let gone = pill.dataset['state'] === 'offline';
    new MutationObserver(() => {
      if (gone === (pill.dataset['state'] === 'offline')) return;
      gone = !gone;
      add(gone ? 'offline' : 'back');
    }).observe(pill, { attributeFilter: ['data-state'] });
    (window as unknown as { notes: typeof notes }).notes = notes;
  });
}

/** When something first happened after an instant, or undefined if it has not. */
export async function noted(page: Page, what: string, after: number): Promise<number | undefined> {
  return page.evaluate(
    ([what, after]) =>
      (window as unknown as { notes: { what: string; at: number }[] }).notes.find(
        (each) => each.what === what && each.at > after
      )?.at,
    [what, after] as const
  );
}

/** Now, on the common clock. */
export function now(page: Page): Promise<number> {
  return page.evaluate(() => performance.timeOrigin + performance.now());
}
