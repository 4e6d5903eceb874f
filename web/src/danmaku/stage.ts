import Danmaku from 'danmaku';
import type { Danmaku as Comment } from '../api/types';
import { colorOf, drawn, letterSize, speedOver, type Taste } from './taste';

/** A comment that arrives this much after its place in the film (s) is still shown at once. */
const LATE_S = 5;

/**
 * The comments of one film, drawn on a canvas in a box above the picture. It
 * follows the element's position and rate. Text goes to the canvas as text.
 */
export class Stage {
  readonly #box: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #observer: ResizeObserver;
  #taste: Taste;
  #comments = new Map<string, Comment>();
  #engine: Danmaku | null = null;
  #size = '';

  constructor(box: HTMLElement, video: HTMLVideoElement, taste: Taste) {
    this.#box = box;
    this.#video = video;
    this.#taste = taste;
    this.#rebuild();
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(box);
  }

  /** How many comments it knows of. */
  get known(): number {
    return this.#comments.size;
  }

  close(): void {
    this.#observer.disconnect();
    this.#engine?.destroy();
    this.#engine = null;
  }

  /** Another taste: what is drawn is chosen and measured anew. */
  setTaste(taste: Taste): void {
    this.#taste = taste;
    this.#rebuild();
  }

  /** Comments of the film, from the store. */
  add(comments: readonly Comment[]): void {
    for (const comment of comments) {
      this.#comments.set(comment.id, comment);
      if (drawn(comment, this.#taste)) this.#canvas().emit(this.#drawing(comment, comment.position_s));
    }
  }

  /** One that was written just now: shown at once when its place has just gone by. */
  hear(comment: Comment): void {
    this.#comments.set(comment.id, comment);
    if (!drawn(comment, this.#taste)) return;
    const late = this.#video.currentTime - comment.position_s;
    this.#canvas().emit(this.#drawing(comment, late > -LATE_S && late < LATE_S ? undefined : comment.position_s));
  }

  remove(id: string): void {
    if (this.#comments.delete(id)) this.#rebuild();
  }

  clear(): void {
    this.#comments.clear();
    this.#rebuild();
  }

  #resized(): void {
    const size = `${this.#box.clientWidth}x${this.#box.clientHeight}`;
    if (size === this.#size) return;
    // Letters follow the picture's size, so they are measured anew.
    this.#rebuild();
  }

  #rebuild(): void {
    this.#engine?.destroy();
    this.#engine = null;
    this.#size = `${this.#box.clientWidth}x${this.#box.clientHeight}`;
    for (const c of this.#comments.values()) {
      if (drawn(c, this.#taste)) this.#canvas().emit(this.#drawing(c, c.position_s));
    }
  }

  /**
   * Made for the first comment that is drawn: a canvas over the picture is painted at every
   * frame, empty or not, which costs a page in software as much as the film does.
   */
  #canvas(): Danmaku {
    return (this.#engine ??= new Danmaku({
      container: this.#box, media: this.#video, engine: 'canvas', comments: [], speed: speedOver(this.#box.clientWidth, this.#taste)
    }));
  }

  #drawing(comment: Comment, time: number | undefined): DanmakuOf {
    const size = letterSize(comment.size, this.#box.clientHeight / this.#taste.area, this.#taste);
    const style = {
      font: `600 ${size}px / 1.3 system-ui, "Noto Sans CJK SC", sans-serif`, textBaseline: 'middle', fillStyle: colorOf(comment.color),
      strokeStyle: 'rgb(0 0 0 / 0.75)', lineWidth: 2, lineJoin: 'round'
    } as unknown as CanvasRenderingContext2D;
    const mode = comment.mode === 'scroll' ? ('rtl' as const) : comment.mode;
    return { text: comment.text, mode, style, ...(time !== undefined && { time }) };
  }
}

type DanmakuOf = Parameters<Danmaku['emit']>[0];
