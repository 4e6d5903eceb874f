// The first minute of an operator: start, first password, restart, stop.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '@playwright/test';
import { expect, test } from './support/house';
import { Server } from './support/server';

test('the first start prints a password that works, the second starts fast and small', async () => {
  const data = await mkdtemp(join(tmpdir(), 'synctv-e2e-'));
  try {
    const first = await Server.start({ data });
    const password = /password["\s:=]+([^\s"\\,}]{12,})/i.exec(first.output())?.[1];
    expect(password, first.output()).toBeTruthy();
    const client = await request.newContext({ baseURL: first.url });
    const answer = await client.post('/api/auth/login', { data: { name: 'root', password } });
    expect(answer.status(), await answer.text()).toBe(200);
    expect(await answer.json()).toMatchObject({ user: { name: 'root', role: 'root' } });
    await client.dispose();
    expect(await first.stop()).toBe(0);

    const second = await Server.start({ data });
    console.log(`measured: ready after ${second.readyAfterMs.toFixed(0)} ms on an existing database`);
    expect(second.readyAfterMs).toBeLessThan(1000);
    expect(second.output()).not.toContain(password);
    const idle = (await second.residentBytes()) / (1 << 20);
    console.log(`measured: ${idle.toFixed(1)} MiB resident when idle`);
    expect(idle).toBeLessThan(60);
    expect(await second.stop()).toBe(0);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
