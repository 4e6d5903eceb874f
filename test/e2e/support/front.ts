// A site that shows the server below a path, as a reverse proxy does: what is
// below it is passed on as it came, sockets too; all else is another's.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export class Front {
  /** What was asked for beside the path. */
  readonly strays: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly path: string,
    private readonly port: number
  ) {
    server.on('connection', (s: Socket) => this.keep(s));
    server.on('request', (q: IncomingMessage, a: ServerResponse) => this.pass(q, a));
    server.on('upgrade', (q: IncomingMessage, s: Socket, early: Buffer) => this.passSocket(q, s, early));
  }

  static async start(target: string, path: string): Promise<Front> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, path, Number(new URL(target).port));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const s of this.sockets) s.destroy();
    await once(this.server, 'close');
  }

  private keep(s: Socket): void {
    this.sockets.add(s);
    s.on('error', () => s.destroy());
    s.on('close', () => this.sockets.delete(s));
  }

  private ours(q: IncomingMessage): boolean {
    if (q.url === this.path || q.url?.startsWith(`${this.path}/`)) return true;
    this.strays.push(`${q.method} ${q.url}`);
    return false;
  }

  private pass(q: IncomingMessage, a: ServerResponse): void {
    if (!this.ours(q)) {
      a.writeHead(404).end('Another site.');
      return;
    }
    const on = request({ host: '127.0.0.1', port: this.port, method: q.method, path: q.url, headers: q.headers, agent: false }, (got) => {
      a.writeHead(got.statusCode ?? 502, got.rawHeaders);
      got.pipe(a);
    });
    on.on('error', () => a.destroy());
    a.on('close', () => on.destroy());
    q.pipe(on);
  }

  private passSocket(q: IncomingMessage, page: Socket, early: Buffer): void {
    if (!this.ours(q)) {
      page.destroy();
      return;
    }
    const server = connect(this.port, '127.0.0.1');
    this.keep(server);
    const lines = [`${q.method} ${q.url} HTTP/1.1`];
    for (let i = 0; i < q.rawHeaders.length; i += 2) lines.push(`${q.rawHeaders[i]}: ${q.rawHeaders[i + 1]}`);
    server.write(`${lines.join('\r\n')}\r\n\r\n`);
    server.write(early);
    server.pipe(page).pipe(server);
    page.on('close', () => server.destroy());
    server.on('close', () => page.destroy());
  }
}
