// Bad input from outside: each gets a clear answer and nothing else is disturbed.
import { request as open } from 'node:http';
import { connect } from 'node:net';
import { request } from '@playwright/test';
import { expect, test, type House, type Room } from './support/house';
import { Push } from './support/media';

interface Problem {
  status: number;
  type: string;
  body: Record<string, unknown>;
  id: string | null;
}

/** Calls the server without a browser; the answer must be a problem in our shape. */
async function problem(url: string, init: RequestInit = {}): Promise<Problem> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  expect(answer.headers.get('content-type'), `${url}: ${text}`).toContain('application/problem+json');
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    body: JSON.parse(text) as Record<string, unknown>,
    id: answer.headers.get('x-request-id')
  };
}

function expectProblem(found: Problem, status: number, code?: string): void {
  expect(found.status, JSON.stringify(found.body)).toBe(status);
  expect(found.body['status']).toBe(status);
  expect(found.body['detail']).toBeTruthy();
  expect(found.body['kind']).toBeTruthy();
  expect(found.body['request_id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect(found.id).toBe(found.body['request_id']);
  if (code) expect(found.body['code']).toBe(code);
}

async function cookie(house: House): Promise<string> {
  const { cookies } = await house.host.storageState();
  return cookies.map((each) => `${each.name}=${each.value}`).join('; ');
}

const json = { 'content-type': 'application/json' };

let room: Room;
test.beforeAll(async ({ house }) => {
  room = await house.room('Hardened');
});

test.afterEach('the server goes on', async ({ house }) => {
  expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
  const answer = await house.host.get(`/api/rooms/${room.id}/state`);
  expect(answer.status()).toBe(200);
});

test('an unknown room', async ({ house }) => {
  expectProblem(await problem(`${house.url}/api/rooms/nosuchroom00`), 404, 'room_not_found');
});

test('an unknown address below /api', async ({ house }) => {
  expectProblem(await problem(`${house.url}/api/nothing/here`), 404);
});

test('a session nobody has', async ({ house }) => {
  const headers = { ...json, cookie: 'synctv_session=expired-or-never-made' };
  expect((await problem(`${house.url}/api/me`, { headers })).status).toBe(401);
  const write = { method: 'POST', headers, body: JSON.stringify({ name: 'x' }) };
  expectProblem(await problem(`${house.url}/api/rooms`, write), 401);
});

test('a stranger in a room', async ({ house }) => {
  const found = await problem(`${house.url}/api/rooms/${room.id}/state`);
  expect([401, 403]).toContain(found.status);
  expectProblem(found, found.status);
});

test('malformed JSON', async ({ house }) => {
  const headers = { ...json, cookie: await cookie(house) };
  for (const body of ['{"text": ', '[]', 'text', '{"text": 7}']) {
    expectProblem(await problem(`${house.url}/api/rooms/${room.id}/chat`, { method: 'POST', headers, body }), 400);
  }
});

test('a message that is empty or too long', async ({ house }) => {
  const headers = { ...json, cookie: await cookie(house) };
  for (const text of ['', '   ', 'x'.repeat(501)]) {
    const found = await problem(`${house.url}/api/rooms/${room.id}/chat`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ text })
    });
    expectProblem(found, 400);
  }
});

test('a chat message of 100 MB', async ({ house }) => {
  const started = performance.now();
  const { status, text } = await upload(`${house.url}/api/rooms/${room.id}/chat`, await cookie(house), 100 << 20);
  expect(status, text).toBe(413);
  expect(JSON.parse(text)).toMatchObject({ status: 413, code: 'body_too_large' });
  console.log(`measured: refused after ${(performance.now() - started).toFixed(0)} ms`);
});

/** Sends a body of so many bytes until the server answers. */
function upload(url: string, cookie: string, bytes: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    let status = 0;
    const call = open(url, { method: 'POST', headers: { ...json, cookie, 'content-length': bytes } }, (answer) => {
      status = answer.statusCode ?? 0;
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status, text }));
    });
    // The server may close as soon as it has answered; only silence is an error.
    call.on('error', (error) => (status ? resolve({ status, text }) : reject(error)));
    const piece = Buffer.alloc(1 << 20, 0x78);
    let sent = 0;
    const more = (): void => {
      while (!status && sent < bytes) {
        sent += piece.length;
        if (!call.write(piece)) return void call.once('drain', more);
      }
      if (!status) call.end();
    };
    call.write('{"text":"');
    sent += 9;
    more();
  });
}

test('paths that leave the library', async ({ house }) => {
  const headers = { ...json, cookie: await cookie(house) };
  const paths = ['../', 'Films/../../etc', 'Films/../../../etc/passwd', '/etc/passwd', 'Films/./../..', 'Films\\..\\..', 'Films/\u0000'];
  for (const path of paths) {
    const found = await problem(`${house.url}/api/library?path=${encodeURIComponent(path)}`, { headers });
    expect([400, 404], `${path}: ${JSON.stringify(found.body)}`).toContain(found.status);
    const added = await problem(`${house.url}/api/rooms/${room.id}/playlist/items`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ items: [{ library_path: path }] })
    });
    expect([400, 404], `${path}: ${JSON.stringify(added.body)}`).toContain(added.status);
  }
});

test('a member without rights', async ({ house }) => {
  const member = await house.register('Powerless');
  expect((await member.post(`/api/rooms/${room.id}/join`, { data: {} })).status()).toBe(200);
  for (const [path, data] of [
    ['playback/play', {}],
    ['playback/seek', { position_s: 3 }],
    ['live-keys', {}]
  ] as const) {
    const answer = await member.post(`/api/rooms/${room.id}/${path}`, { data });
    expect(answer.status(), `${path}: ${await answer.text()}`).toBe(403);
    expect(await answer.json()).toMatchObject({ kind: 'forbidden', code: 'permission_missing' });
  }
  await member.dispose();
});

test('a write from another site', async ({ house }) => {
  const headers = { ...json, cookie: await cookie(house), origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
  const found = await problem(`${house.url}/api/rooms/${room.id}/chat`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ text: 'forged' })
  });
  expectProblem(found, 403);
});

test('a playback command that came too late', async ({ house }) => {
  const item = await house.film(room);
  const set = await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const { epoch, version } = (await set.json()) as { epoch: number; version: number };
  await house.host.post(`/api/rooms/${room.id}/playback/pause`, { data: {} });
  const late = await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 5, epoch, version } });
  expect(late.status()).toBe(409);
  const body = (await late.json()) as { current: { version: number } };
  expect(body.current.version).toBeGreaterThan(version);
});

test('encoders: a wrong key, no key, another room’s key, a second publisher', async ({ house }) => {
  test.setTimeout(90_000);
  const other = await house.room('Another');
  const made = await house.host.post(`/api/rooms/${room.id}/live-keys`, { data: { title: 'One' } });
  expect(made.status()).toBe(201);
  const { url, key, stream, item } = (await made.json()) as { url: string; key: string; stream: string; item: { id: string } };
  const rtmp = `rtmp://127.0.0.1:${house.server.rtmpPort}/live`;
  for (const bad of [`${rtmp}/${room.id}/wrong`, `${rtmp}/${room.id}`, `${rtmp}/${other.id}/${key}`, `${rtmp}/${room.id}/${stream}`]) {
    const push = new Push(bad);
    expect(await push.ended(10_000), bad).not.toBe('running');
    await push.stop();
  }

  const first = new Push(url);
  try {
    const flv = `${house.url}/api/rooms/${room.id}/live/${stream}.flv`;
    const watching = { headers: { cookie: await cookie(house) } };
    await expect.poll(async () => headStatus(flv, watching), { timeout: 15_000 }).toBe(200);

    const again = await house.host.post(`/api/rooms/${room.id}/live-keys`, { data: { item_id: item.id } });
    expect(again.status(), await again.text()).toBe(201);
    const second = new Push(((await again.json()) as { url: string }).url);
    expect(await second.ended(10_000), 'a second publisher').not.toBe('running');
    await second.stop();
    expect(await first.ended(1_000), first.complaint()).toBe('running');
    expect(await headStatus(flv, watching)).toBe(200);

    const stranger = await request.newContext({ baseURL: house.url });
    expect([401, 403]).toContain((await stranger.get(flv)).status());
    await stranger.dispose();
  } finally {
    await first.stop();
  }
});

test('garbage on the RTMP port', async ({ house }) => {
  for (const garbage of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0003' + 'x'.repeat(1536) + '\u00ff'.repeat(4096)]) {
    const socket = connect(house.server.rtmpPort, '127.0.0.1');
    socket.on('error', () => {}); // being cut off is what is asked for
    socket.resume();
    const closed = new Promise((done) => socket.on('close', done));
    socket.write(garbage);
    await closed;
  }
});

/** The status of an endless answer, without reading it. */
async function headStatus(url: string, init: RequestInit): Promise<number> {
  const stop = new AbortController();
  const answer = await fetch(url, { ...init, signal: stop.signal });
  stop.abort();
  return answer.status;
}
