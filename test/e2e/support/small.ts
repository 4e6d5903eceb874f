// A server whose film is the drift rig's clip, so small that many pages fit on two cores, and people there.
import { resolve } from 'node:path';
import { request } from '@playwright/test';
import { clip } from '../../drift/films';
import { expect, House, People, root, test as base } from './house';
import { Server } from './server';

/** The library folder with the clip: Films/clip.mp4, 200 s. */
export const smallFilms = (): Promise<string> => clip(resolve(__dirname, '../.out/small'));

export const test = base.extend<{ crowd: People }, { small: House }>({
  small: [
    async ({}, use) => {
      const server = await Server.start({ library: await smallFilms(), rootPassword: root.password });
      const host = await request.newContext({ baseURL: server.url });
      expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
      await use(new House(server, host));
      await host.dispose();
      expect(await server.stop()).toBe(0);
    },
    { scope: 'worker', timeout: 60_000 }
  ],
  crowd: async ({ browser, small }, use) => {
    const people = new People(browser, small);
    await use(people);
    await people.end();
  }
});
