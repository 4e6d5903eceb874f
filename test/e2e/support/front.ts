// A site that shows the server below a path, as a reverse proxy does, over TLS
// with HTTP/1.1 if it has a certificate: what is below it is passed on as it
// came, sockets too; all else is another's.
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type AddressInfo, type Socket } from 'node:net';

export class Front {
  /** What was asked for beside the path. */
  readonly strays: string[] = [];
  /** Paths that were asked for, and those as sockets. */
  readonly plain: string[] = [];
  readonly upgraded: string[] = [];
  /** Sockets it lets nobody open. */
  blocks: RegExp | null = null;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly path: string,
    private readonly port: number,
    private readonly scheme = 'http'
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

  /** With a certificate that nobody vouches for. */
  static async startSecure(target: string): Promise<Front> {
    const server = createSecureServer(certificate()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, '', Number(new URL(target).port), 'https');
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
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
    this.plain.push(q.url ?? '');
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
    this.upgraded.push(q.url ?? '');
    if (!this.ours(q) || this.blocks?.test(q.url ?? '')) {
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

function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'synctv-cert-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return pair;
}
