// A server that may fetch from an origin on loopback, and people who watch there.
import { request } from '@playwright/test';
import { expect, House, People, root, test as base } from './house';
import { Origin } from './origin';
import { Server } from './server';

export const test = base.extend<{ watchers: People }, { origin: Origin; near: House }>({
  origin: [
    async ({}, use) => {
      const origin = await Origin.start();
      await use(origin);
      await origin.stop();
    },
    { scope: 'worker', timeout: 120_000 }
  ],
  // The origin is on loopback, which an operator has to allow.
  near: [
    async ({}, use) => {
      const server = await Server.start({ rootPassword: root.password, env: { SYNCTV_FETCH_ALLOW: '127.0.0.1' } });
      const host = await request.newContext({ baseURL: server.url });
      expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
      await use(new House(server, host));
      await host.dispose();
      expect(await server.stop()).toBe(0);
    },
    { scope: 'worker' }
  ],
  watchers: async ({ browser, near }, use) => {
    const people = new People(browser, near);
    await use(people);
    await people.end();
  }
});
