// How it looks and who can use it: axe on each screen, both themes, desktop and
// phone; no sideways scrolling at 320 px. Screenshots are left in .out/shots.
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContextOptions, Page } from '@playwright/test';
import { expect, open, say, test, type House, type People, type Room } from './support/house';

const shots = `${__dirname}/.out/shots`;

const sizes: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
};

/** Visits each screen in turn and hands it to look. */
async function tour(
  house: House,
  people: People,
  options: BrowserContextOptions,
  look: (page: Page, name: string) => Promise<void>
): Promise<void> {
  const room = await furnished(house);

  const stranger = await people.page(undefined, options);
  for (const [name, path] of [
    ['home-signed-out', '/'],
    ['login', '/login'],
    ['register', '/register'],
    ['gate', `/r/${room.id}`],
    ['no-room', '/r/nosuchroom00'],
    ['no-page', '/nothing/here']
  ] as const) {
    await stranger.goto(path);
    await calm(stranger);
    await look(stranger, name);
  }

  const host = await people.member(room, house.host, options);
  await say(host, 'Good evening, everybody. 晚上好');
  for (const tab of ['Chat', 'Playlist', 'Members'] as const) {
    await open(host, tab);
    await calm(host);
    await look(host, `room-${tab.toLowerCase()}`);
  }
  for (const button of ['Settings', 'Go live'] as const) {
    await host.getByRole('button', { name: button }).click();
    await calm(host);
    await look(host, button.toLowerCase().replace(' ', '-'));
    await host.keyboard.press('Escape');
  }
  await host.getByRole('button', { name: 'Settings' }).click();
  await host.getByRole('button', { name: 'For the room' }).click();
  await host.getByText('What members may do').click();
  await calm(host);
  await look(host, 'room-settings');
  await host.keyboard.press('Escape');
  await open(host, 'Playlist');
  await host.getByRole('button', { name: 'From the library' }).click();
  await calm(host);
  await look(host, 'library');
  await host.goto('/');
  await calm(host);
  await look(host, 'home');
  await host.getByRole('button', { name: 'Create room' }).first().click();
  await calm(host);
  await look(host, 'create');
}

/** A room with a film that stands still in the middle, and somebody in it. */
async function furnished(house: House): Promise<Room> {
  const room = await house.room('Cinéma du quartier 街角影院', { description: 'Every Friday at nine' });
  const item = await house.film(room);
  await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 21 } });
  await house.host.post(`/api/rooms/${room.id}/playback/pause`, { data: { position_s: 21 } });
  return room;
}

/** Waits until nothing is loading and nothing moves. */
async function calm(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  await expect(page.getByRole('main').or(page.getByRole('dialog')).first()).toBeVisible();
  await expect(page.locator('[aria-busy="true"], .skeleton')).toHaveCount(0);
  await page.evaluate(async () => {
    const moving = document.getAnimations().filter((each) => each.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(moving.map((each) => each.finished));
    for (let frames = 0; frames < 3; frames++) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
}

for (const scheme of ['dark', 'light'] as const)
  for (const [size, device] of Object.entries(sizes))
    test(`axe: ${scheme}, ${size}`, async ({ house, people }) => {
      test.setTimeout(180_000);
      await tour(house, people, { ...device, colorScheme: scheme, reducedMotion: 'reduce' }, async (page, name) => {
        await page.screenshot({ path: `${shots}/${name}-${size}-${scheme}.png` });
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
          .analyze();
        const words = violations.flatMap((each) =>
          each.nodes.slice(0, 3).map((node) => `${each.id}: ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim()}`)
        );
        expect.soft(words, name).toEqual([]);
      });
    });

test('nothing scrolls sideways at 320 px', async ({ house, people }) => {
  test.setTimeout(120_000);
  // The longest name there can be, without a place to break.
  const renamed = async (name: string): Promise<void> =>
    expect((await house.host.patch('/api/me', { data: { name } })).ok()).toBe(true);
  await renamed('W'.repeat(32));
  await tour(house, people, { viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' }, async (page, name) => {
    await page.screenshot({ path: `${shots}/${name}-320.png` });
    const wide = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      guilty: [...document.querySelectorAll('body *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && each.checkVisibility())
        .slice(0, 3)
        .map((each) => `${each.tagName}.${each.className}`)
    }));
    expect.soft(wide.page, `${name}: ${wide.guilty.join(', ')}`).toBeLessThanOrEqual(320);
  });
  await renamed('root');
});
