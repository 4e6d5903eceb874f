import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RoomConnection } from './RoomConnection';

/** A socket that a test answers for, or does not. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static all: FakeSocket[] = [];
  /** Whether the network is there at all: without one a socket ends before it opens. */
  static network = true;
  /** When each was made (ms). */
  readonly made = performance.now();
  readyState = FakeSocket.CONNECTING;
  binaryType = 'blob';
  silent = false;
  onopen?: () => void;
  onclose?: (e: { code: number; reason: string; wasClean: boolean }) => void;
  onerror?: (e: unknown) => void;
  onmessage?: (e: { data: string }) => void;

  constructor() {
    super();
    FakeSocket.all.push(this);
    setTimeout(() => (FakeSocket.network ? this.#opened() : this.end(1006)), 10);
  }

  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  send(text: string): void {
    if (this.silent) return;
    for (const line of text.split('\n')) this.#answer(JSON.parse(line) as { id: number; connect?: object; rpc?: object });
  }

  close(): void {
    this.end(1000);
  }

  end(code: number, reason = ''): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code, reason, wasClean: false });
  }

  #opened(): void {
    if (this.readyState !== FakeSocket.CONNECTING) return;
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  #answer(asked: { id: number; connect?: object; rpc?: object }): void {
    const reply = asked.connect ? { connect: { client: 'c', version: '1', ping: 25, pong: true } } : { rpc: { data: { t2: 1, t3: 2 } } };
    setTimeout(() => this.onmessage?.({ data: JSON.stringify({ id: asked.id, ...reply }) }), 10);
  }
}

/** The two things that a browser says when somebody comes back. */
const shownAgain = (): void => void document.dispatchEvent(new Event('visibilitychange'));
const online = (): void => void window.dispatchEvent(new Event('online'));

const heard: string[] = [];
let connection: RoomConnection;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('navigator', { connection: new EventTarget() });
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  FakeSocket.network = true;
  connection = new RoomConnection('ws://house/socket', {
    onevent: () => heard.push('event'),
    onconnected: (is) => heard.push(is ? 'in' : 'out'),
    onend: (why) => heard.push(why),
    onrefused: () => heard.push('refused'),
  });
  connection.open();
  await vi.advanceTimersByTimeAsync(100);
  expect(heard.at(-1)).toBe('in');
  heard.length = 0;
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each([
  ['shown again', shownAgain],
  ['on another network', online],
])('keeps a socket that answers when %s', async (_name, back) => {
  back();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(heard).toEqual([]);
});

it.each([
  ['shown again', shownAgain],
  ['on another network', online],
])('leaves a socket that died in silence when %s, after 1.5 s', async (_name, back) => {
  const dead = FakeSocket.last;
  dead.silent = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSocket.all).toHaveLength(1);
  const asked = performance.now();
  back();
  await vi.advanceTimersByTimeAsync(1400);
  expect(FakeSocket.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(FakeSocket.all).toHaveLength(2);
  expect(FakeSocket.last.made - asked).toBeGreaterThanOrEqual(1500);
  expect(FakeSocket.last.made - asked).toBeLessThan(1600);
  expect(dead.readyState).toBe(FakeSocket.CLOSED);
  await vi.advanceTimersByTimeAsync(100);
  expect(heard.at(-1)).toBe('in');
  await expect(Promise.race([connection.probe(), vi.advanceTimersByTimeAsync(50)])).resolves.toEqual({ t2: 1, t3: 2 });
});

it('tries at once when the network is back', async () => {
  FakeSocket.network = false;
  FakeSocket.last.end(1006);
  await vi.advanceTimersByTimeAsync(20_000);
  FakeSocket.network = true;
  const tries = FakeSocket.all.length;
  online();
  await vi.advanceTimersByTimeAsync(100);
  expect(FakeSocket.all.length).toBe(tries + 1);
  expect(heard.at(-1)).toBe('in');
});

it('tries for ever, at random, and never later than its cap allows', async () => {
  FakeSocket.network = false;
  const first = FakeSocket.all.length;
  FakeSocket.last.end(1006);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  const tries = FakeSocket.all.slice(first).map((s) => s.made);
  const pauses = tries.slice(1).map((at, i) => at - tries[i]!);
  expect(tries.length).toBeGreaterThan((10 * 60) / 1.6);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1_500 + 20);
  expect(new Set(pauses.slice(5).map(Math.round)).size).toBeGreaterThan(50);
  FakeSocket.network = true;
  await vi.advanceTimersByTimeAsync(1_600);
  expect(heard.at(-1)).toBe('in');
});

it('comes no more when the server has said why, and is silent once closed', async () => {
  FakeSocket.last.end(4503, 'kicked');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard.at(-1)).toBe('kicked');
  const many = FakeSocket.all.length;
  online();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all.length).toBe(many);
});
