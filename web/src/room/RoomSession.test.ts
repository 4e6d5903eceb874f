import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Member } from '../api/types';
import { item, member, message, playback, snapshot } from '../realtime/fixtures';
import type { ConnectionEvents } from '../realtime/RoomConnection';
import { toasts } from '../ui/toasts.svelte';
import { RoomSession } from './RoomSession.svelte';

// A browser's socket does not run here; the browser tests have the real one.
const sockets: { events: ConnectionEvents; open: boolean }[] = [];
vi.mock('../realtime/RoomConnection', () => ({
  RoomConnection: class {
    #socket: { events: ConnectionEvents; open: boolean };
    constructor(_url: string, events: ConnectionEvents) {
      sockets.push((this.#socket = { events, open: false }));
    }
    open = (): void => void (this.#socket.open = true);
    close = (): void => void (this.#socket.open = false);
    probe = (): Promise<never> => Promise.reject(new Error('no server'));
  }
}));

type Answer = { status?: number; body?: unknown };
const calls: string[] = [];
let answers: Record<string, Answer> = {};

beforeEach(() => {
  answers = {
    'GET /api/rooms/r': { body: gate(member('me')) },
    'GET /api/rooms/r/state': { body: snapshot() }
  };
  vi.stubGlobal('location', { protocol: 'http:', host: 'h' });
  vi.stubGlobal('document', { addEventListener: () => {}, removeEventListener: () => {} });
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('window', { addEventListener: () => {}, removeEventListener: () => {} });
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const call = `${init.method} ${url}`;
    calls.push(call);
    const { status = 200, body } = answers[call] ?? { status: 500, body: { code: 'internal', detail: call } };
    return status === 204 ? new Response(null, { status }) : Response.json(body, { status });
  });
});
afterEach(() => {
  sessions.splice(0).forEach((s) => s.close());
  sockets.length = calls.length = 0;
  toasts.list = [];
  vi.unstubAllGlobals();
});

const gate = (me: Member | null) => ({ id: 'r', name: 'Room', creator: { id: 'u', name: 'U', color: '' }, guests_allowed: true, has_password: false, me });
const refusal = (status: number, code: string, more: object = {}): Answer => ({ status, body: { status, code, ...more } });

const sessions: RoomSession[] = [];
function visit(): RoomSession {
  const session = new RoomSession('r');
  sessions.push(session);
  return session;
}
async function inside(): Promise<RoomSession> {
  const session = visit();
  await session.open();
  expect(session.phase).toBe('inside');
  return session;
}
const socket = () => sockets.at(-1)!;

describe('the way in', () => {
  it('leads a member straight inside, with a socket', async () => {
    const session = await inside();
    expect([socket().open, session.state.room?.name]).toEqual([true, 'Room v1']);
  });

  it.each<[string, Answer, string]>([
    ['a stranger', { body: gate(null) }, 'gate'],
    ['somebody who waits', { body: gate(member('me', { status: 'pending' })) }, 'pending'],
    ['somebody banned', { body: gate(member('me', { status: 'banned' })) }, 'banned'],
    ['a room that is not there', refusal(404, 'room_not_found'), 'gone'],
    ['a closed room', refusal(403, 'room_closed'), 'gone'],
    ['a broken server', refusal(500, 'internal'), 'failed']
  ])('%s', async (_, answer, want) => {
    answers['GET /api/rooms/r'] = answer;
    const session = visit();
    await session.open();
    expect(session.phase).toBe(want);
    expect(sockets).toHaveLength(0);
  });

  it('shows the gate to a member who is none any more', async () => {
    answers['GET /api/rooms/r/state'] = refusal(403, 'not_a_member');
    const session = visit();
    await session.open();
    expect(session.phase).toBe('gate');
  });

  it('keeps the gate open after a wrong password, and lets in with the right one', async () => {
    answers['GET /api/rooms/r'] = { body: gate(null) };
    answers['POST /api/rooms/r/join'] = refusal(403, 'room_password_wrong');
    const session = visit();
    await session.open();
    await expect(session.join('no')).rejects.toMatchObject({ code: 'room_password_wrong' });
    expect(session.phase).toBe('gate');
    answers['POST /api/rooms/r/join'] = { body: member('me') };
    await session.join('yes');
    expect(session.phase).toBe('inside');
  });

  it('makes a guest wait when a host must agree', async () => {
    answers['GET /api/rooms/r'] = { body: gate(null) };
    answers['POST /api/rooms/r/guests'] = { status: 201, body: { member: member('g', { status: 'pending' }), token: 't' } };
    const session = visit();
    await session.open();
    await session.joinAsGuest('Zoë', '');
    expect(session.phase).toBe('pending');
  });
});

describe('inside', () => {
  it('takes the answer of a command as the state', async () => {
    const session = await inside();
    answers['POST /api/rooms/r/playback/pause'] = { body: playback(1, 2, { status: 'paused' }) };
    await session.commands.pause({ position_s: 3 });
    expect(session.state.playback?.status).toBe('paused');
  });

  it('takes over the state of whoever was faster, and says so', async () => {
    const session = await inside();
    answers['POST /api/rooms/r/playback/seek'] = refusal(409, 'playback_conflict', { current: playback(1, 9) });
    await expect(session.commands.seek({ position_s: 3, version: 1 })).resolves.toMatchObject({ version: 9 });
    expect(session.state.playback?.version).toBe(9);
    expect(toasts.list.map((toast) => toast.tone)).toEqual(['info']);
  });

  it('tells why a command failed and rejects, so that the player rolls back', async () => {
    const session = await inside();
    answers['POST /api/rooms/r/playback/play'] = refusal(403, 'permission_missing');
    await expect(session.commands.play({})).rejects.toMatchObject({ code: 'permission_missing' });
    expect(toasts.list.map((toast) => toast.tone)).toEqual(['danger']);
    expect(session.phase).toBe('inside');
  });

  it('fetches the playlist when a step was missed', async () => {
    const session = await inside();
    answers['GET /api/rooms/r/playlist'] = { body: { version: 9, items: [item('z', 1)] } };
    socket().events.onevent({ type: 'playlist', version: 9, added: [], removed: [] });
    await vi.waitFor(() => expect(session.state.playlist.version).toBe(9));
    expect(session.state.playlist.items.map((i) => i.id)).toEqual(['z']);
  });

  it('fetches older messages before the first one', async () => {
    const session = await inside();
    session.state.addMessages([message(40)]);
    answers['GET /api/rooms/r/chat?before=1&limit=50'] = { body: { messages: [message(0)], more: false } };
    await session.loadOlderMessages();
    expect(session.state.messages[0]?.seq).toBe(0);
  });

  it('shows what was said before the socket repeats it, once', async () => {
    const session = await inside();
    answers['POST /api/rooms/r/chat'] = { status: 201, body: message(3, 'hi') };
    await session.talk.say({ text: 'hi' });
    socket().events.onevent({ type: 'chat', message: message(3, 'hi') });
    expect(session.state.messages.map((m) => m.seq)).toEqual([1, 2, 3]);
  });
});

describe('the end', () => {
  it.each([
    ['removed', 'removed'],
    ['gone', 'gone']
  ] as const)('%s', async (why, want) => {
    const session = await inside();
    socket().events.onend(why);
    expect([session.phase, socket().open]).toEqual([want, false]);
  });

  it('asks an account to sign in again without leaving the room', async () => {
    const session = await inside();
    socket().events.onend('session_ended');
    expect([session.phase, session.expired]).toEqual(['inside', true]);
    await session.enter();
    expect([session.expired, sockets.length, socket().open]).toEqual([false, 2, true]);
  });

  it('sends a guest whose token died away', async () => {
    answers['GET /api/rooms/r/state'] = { body: snapshot({ me: member('g', { kind: 'guest', role: 'guest' }) }) };
    const session = await inside();
    socket().events.onend('session_ended');
    expect([session.phase, session.expired]).toEqual(['removed', false]);
  });

  it('learns over HTTP why the socket was refused', async () => {
    const session = await inside();
    answers['GET /api/rooms/r/state'] = refusal(403, 'member_banned');
    socket().events.onrefused();
    await vi.waitFor(() => expect(session.phase).toBe('banned'));
  });

  it('stays inside while the server is merely away, asking once at a time', async () => {
    const session = await inside();
    answers['GET /api/rooms/r/state'] = refusal(503, 'unavailable');
    const before = calls.length;
    for (let i = 0; i < 5; i++) socket().events.onrefused();
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(before));
    expect([session.phase, calls.length - before]).toEqual(['inside', 1]);
  });

  it('opens no socket when the page was left while it came', async () => {
    const session = visit();
    const opening = session.open();
    session.close();
    await opening;
    expect(sockets).toHaveLength(0);
  });

  it('closes the socket after leaving', async () => {
    const session = await inside();
    answers['POST /api/rooms/r/leave'] = { status: 204 };
    await session.leave();
    expect(socket().open).toBe(false);
  });
});
