import { page, type World } from '../sync/clock';
import { attach, type Attached, type OnFailure, type Opening } from './engines';
import { elsewhere, passing, pauseBefore, type Failure } from './failure';

type Attach = (video: HTMLVideoElement, o: Opening, onfailure: OnFailure) => Promise<Attached>;

/**
 * The source in the element: opened, failed, tried again. A live source comes back by itself
 * with growing pauses; any other waits for the person, or for the network to return.
 */
export class Source {
  /** Why it does not play; null while it does or may. */
  failure = $state.raw<Failure | null>(null);
  /** Whether another try is planned. */
  returning = $state(false);
  /** How long the last opening took until the picture moved, ms; null before that. */
  startup_ms = $state<number | null>(null);
  #asked = 0;
  #wanted: Opening | null = null;
  #attached: Attached | null = null;
  #run = 0;
  #tries = 0;
  #cancel = () => {};
  readonly #video: HTMLVideoElement;
  readonly #attach: Attach;
  readonly #world: World;

  constructor(video: HTMLVideoElement, how: Attach = attach, world: World = page) {
    this.#video = video;
    this.#attach = how;
    this.#world = world;
  }

  /** Replaces what is open; null closes it. */
  open(o: Opening | null): void {
    this.#tries = 0;
    this.#wanted = o && blockedHere(o.url) ? detour(o) : o;
    this.#begin();
  }

  /** Once more, now: a press on "try again", or a sign that it may work. */
  retry(): void {
    if (this.failure) this.#begin();
  }

  /** The picture runs: the next failure starts counting from the first again. */
  runs(): void {
    this.#tries = 0;
    this.startup_ms ??= this.#world.now() - this.#asked;
  }

  close(): void {
    this.open(null);
  }

  #begin(): void {
    const run = ++this.#run;
    this.#cancel();
    this.#detach();
    this.failure = null;
    this.returning = false;
    this.startup_ms = null;
    this.#asked = this.#world.now();
    const o = this.#wanted;
    if (!o) return;
    const failed = (f: Failure) => void (run === this.#run && this.#fail(o, f));
    this.#attach(this.#video, o, failed).then(
      (attached) => (run === this.#run ? (this.#attached = attached) : attached.destroy()),
      (e: unknown) => failed({ reason: 'network', detail: String(e) }),
    );
  }

  #fail(o: Opening, f: Failure): void {
    if (o.fallback && elsewhere(f)) {
      this.#wanted = detour(o);
      this.#begin();
      return;
    }
    this.failure = f;
    this.returning = o.live && passing(f);
    if (!this.returning) return;
    this.#cancel();
    this.#cancel = this.#world.later(pauseBefore(this.#tries++), () => this.#begin());
  }

  #detach(): void {
    this.#attached?.destroy();
    this.#attached = null;
  }
}

/** The same by its other address, if it has one. */
function detour(o: Opening): Opening {
  return o.fallback ? { ...o, url: o.fallback, fallback: undefined } : o;
}

/** A page that came by https may not fetch by http. */
function blockedHere(url: string): boolean {
  return globalThis.location?.protocol === 'https:' && url.startsWith('http:');
}
