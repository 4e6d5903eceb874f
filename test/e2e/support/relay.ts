// A line between a page and the server: TCP through this process, each direction
// with a delay of its own, jitter, stalls and outages. Order is kept, as TCP does.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How bad a line is. Times in ms; a round trip adds up + down. */
export interface Line {
  /** Delay from the page to the server, and back. */
  up: number;
  down: number;
  /** Each delay is off by at most so much, evenly. */
  jitter: number;
  /** Everything stands still for `hold` once in `every`, on all connections at once. */
  stall?: { every: number; hold: number };
  /** This part of the pieces comes `late` later, and what follows behind it: like loss. */
  loss?: { part: number; late: number };
}

export const free: Line = { up: 0, down: 0, jitter: 0 };

/** One page's line. */
export class Relay {
  private readonly sockets = new Set<Socket>();
  /** Connections that carry nothing any more. */
  private readonly silent = new WeakSet<Socket>();
  /** Nothing passes before this instant (performance.now). */
  private heldUntil = 0;
  private stalls: NodeJS.Timeout | undefined;
  private cut = false;

  private constructor(
    private readonly server: Server,
    private target: number,
    private readonly line: Line,
    private readonly random: () => number
  ) {}

  static async start(targetURL: string, line: Line = free, random = Math.random): Promise<Relay> {
    const server = createServer({ noDelay: true });
    const relay = new Relay(server, Number(new URL(targetURL).port), line, random);
    server.on('connection', (page: Socket) => relay.join(page));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { stall } = line;
    if (stall) relay.stalls = setInterval(() => relay.hold(stall.hold), stall.every);
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Lets nothing pass for so many ms. */
  hold(ms: number): void {
    this.heldUntil = Math.max(this.heldUntil, performance.now() + ms);
  }

  /** The network is another one: what is open carries nothing any more and nobody is told; new connections are as ever. */
  silence(): void {
    for (const socket of this.sockets) this.silent.add(socket);
  }

  /** Cuts every connection and refuses new ones until restore(). */
  break(): void {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Lets connections through again, to another server if one is named. */
  restore(targetURL?: string): void {
    if (targetURL) this.target = Number(new URL(targetURL).port);
    this.cut = false;
  }

  async stop(): Promise<void> {
    clearInterval(this.stalls);
    this.break();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(page: Socket): void {
    if (this.cut) return void page.destroy();
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.carry(page, server, this.line.up);
    this.carry(server, page, this.line.down);
  }

  /** Passes on what one side says, later, and its end. */
  private carry(from: Socket, to: Socket, delay: number): void {
    const queue: { at: number; fn: () => void }[] = [];
    let last = 0;
    let timer: NodeJS.Timeout | undefined;
    // One timer for the whole queue: with one for each piece two could overtake each other.
    const pump = (): void => {
      timer = undefined;
      for (let next = queue[0]; next; next = queue[0]) {
        const left = Math.max(next.at, this.heldUntil) - performance.now();
        if (left > 0.5) return void (timer = setTimeout(pump, left));
        queue.shift();
        if (!to.destroyed && !this.silent.has(from)) next.fn();
      }
    };
    this.sockets.add(from);
    const pass = (fn: () => void): void => {
      const { jitter, loss } = this.line;
      const lost = loss && this.random() < loss.part ? loss.late : 0;
      const due = performance.now() + delay + lost + (this.random() * 2 - 1) * jitter;
      last = Math.max(last, due);
      queue.push({ at: last, fn });
      if (!timer) pump();
    };
    from.on('data', (piece: Buffer) => pass(() => to.write(piece)));
    from.on('end', () => pass(() => to.end()));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      pass(() => to.destroy());
    });
  }
}
