import type { DanmakuEvent } from '../api/types';

/** Hands comments to whoever draws them, as they arrive. Nobody there: they are dropped, and fetched with their window. */
export class CommentFeed {
  readonly #listeners = new Set<(e: DanmakuEvent) => void>();

  /** Listens until the answer is called. */
  listen(listener: (e: DanmakuEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(e: DanmakuEvent): void {
    for (const listener of this.#listeners) listener(e);
  }
}
