// Starts the built program as an operator would: its own data folder, free
// loopback ports, settings by environment; and stops it by SIGTERM.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const binary = resolve(__dirname, '../../../bin/synctv');

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export interface Settings {
  /** The data folder; a new one is made, and removed at the end, without it. */
  data?: string;
  /** Its port for pages; a free one without it. */
  port?: number;
  /** Folder shown as "Films" in the library. */
  library?: string;
  /** Root's password; without it the server prints one at its first start. */
  rootPassword?: string;
  /** File that strace writes the program's sendfile calls to. */
  trace?: string;
  /** More settings, by their environment variables. */
  env?: Record<string, string>;
}

/** One running server. */
export class Server {
  /** How long it took from the start of the process to the first 200 on /readyz. */
  readyAfterMs = 0;
  private text = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly rtmpPort: number,
    private readonly cleanUp: () => Promise<void>
  ) {
    const keep = (chunk: Buffer): void => void (this.text += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static async start(settings: Settings = {}): Promise<Server> {
    if (!existsSync(binary)) throw new Error('bin/synctv is missing: run make build');
    const data = settings.data ?? (await mkdtemp(join(tmpdir(), 'synctv-e2e-')));
    const [http, rtmp] = [settings.port ?? (await freePort()), await freePort()];
    // With -D the traced program keeps the process id, so signals reach it.
    const strace = ['-D', '-f', '-q', '-e', 'trace=sendfile', '-o', settings.trace ?? '', binary];
    const [program, ...args] = settings.trace ? ['strace', ...strace] : [binary];
    const child = spawn(program!, [...args, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        SYNCTV_DATA_DIR: data,
        SYNCTV_HTTP_ADDR: `127.0.0.1:${http}`,
        SYNCTV_RTMP_ADDR: `127.0.0.1:${rtmp}`,
        SYNCTV_LOG_FORMAT: 'json',
        SYNCTV_SIGNUP_RATE: '0', // all of a run is one address
        ...(settings.library && { SYNCTV_LIBRARY: `Films=${settings.library}` }),
        ...(settings.rootPassword && { SYNCTV_ROOT_PASSWORD: settings.rootPassword }),
        ...settings.env
      }
    });
    const cleanUp = async (): Promise<void> => {
      if (!settings.data) await rm(data, { recursive: true, force: true });
    };
    const server = new Server(child, `http://127.0.0.1:${http}`, rtmp, cleanUp);
    await server.ready();
    return server;
  }

  /** Everything it has printed so far. */
  output(): string {
    return this.text;
  }

  /** Memory in use, in bytes. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Ends it without a word, and waits until it is gone; a data folder that was given stays. */
  async kill(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to stop and answers its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 35_000);
      await gone;
      clearTimeout(timer);
    }
    await this.cleanUp();
    return this.child.exitCode;
  }

  private async ready(): Promise<void> {
    const began = performance.now();
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`the server ended at once:\n${this.text}`);
      if (performance.now() - began > 20_000) {
        await this.stop();
        throw new Error(`not ready after 20 s:\n${this.text}`);
      }
      const answer = await fetch(`${this.url}/readyz`).catch(() => null);
      if (answer?.status === 200) break;
      await new Promise((next) => setTimeout(next, 10));
    }
    this.readyAfterMs = performance.now() - began;
  }
}
