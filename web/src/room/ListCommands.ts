import { playlist } from '../api/api';
import type { AddedItems, Chosen, Found, Item, ItemChange, NewItem, Spot, Where } from '../api/types';
import type { ListActions } from '../playlist/actions';
import { t } from '../text/text.svelte';
import { toasts } from '../ui/toasts.svelte';

/** As long as the server can bring back what was deleted (ms), less the way there. */
const UNDO_MS = 28_000;

/** What the playlist needs of the visit it belongs to. */
export type Visit = {
  /** Passes a call through and notices what its refusal says about the room. */
  judged<T>(call: Promise<T>): Promise<T>;
  /** The item the room is at, or null. */
  current(): Item | null;
  play(item: string): Promise<void>;
};

/** The commands on one room's list; the list itself changes by the room's events. */
export class ListCommands implements ListActions {
  readonly #room: string;
  readonly #visit: Visit;

  constructor(room: string, visit: Visit) {
    this.#room = room;
    this.#visit = visit;
  }

  add = async (items: NewItem[], where: Where): Promise<void> => {
    this.#tellAdded(await this.#visit.judged(playlist.add(this.#room, items, where)));
  };

  look = (url: string): Promise<Found> => this.#visit.judged(playlist.look(this.#room, url));

  importText = async (text: string, where: Where): Promise<void> => {
    const answer = await this.#visit.judged(playlist.import(this.#room, text, where));
    this.#tellAdded(answer);
    if (answer.skipped?.length) toasts.info(t('playlist.skipped', { n: answer.skipped.length }));
  };

  edit = async (item: string, change: ItemChange): Promise<void> => {
    await this.#visit.judged(playlist.edit(this.#room, item, change));
  };

  addFolder = async (name: string, parent: string): Promise<void> => {
    await this.#visit.judged(playlist.addFolder(this.#room, name, parent));
  };

  renameFolder = async (folder: string, name: string): Promise<void> => {
    await this.#visit.judged(playlist.renameFolder(this.#room, folder, name));
  };

  play = (item: Item): void => void this.#visit.play(item.id);

  playNext = (item: Item): void => {
    const current = this.#visit.current();
    this.move({ items: [item.id] }, { folder_id: current?.folder_id ?? item.folder_id, after: current?.id ?? '' });
  };

  move = (what: Chosen, to: Spot): void => void this.#quietly(playlist.move(this.#room, what, to));

  remove = (what: Chosen): void => void this.#removed(playlist.remove(this.#room, what), t('playlist.removed'));

  clear = (folder: string): void => void this.#removed(playlist.clear(this.#room, folder), t('playlist.cleared'));

  async #removed(call: Promise<{ batch: string }>, text: string): Promise<void> {
    const answer = await this.#quietly(call);
    if (!answer?.batch) return;
    const undo = (): void => void this.#quietly(playlist.undo(this.#room, answer.batch));
    toasts.offer(text, { text: t('playlist.undo'), run: undo }, UNDO_MS);
  }

  #tellAdded({ items, duplicates }: AddedItems): void {
    toasts.info(t('playlist.added', { n: items?.length ?? 0 }));
    if (!duplicates?.length) return;
    const undo = (): void => this.remove({ items: duplicates });
    toasts.offer(t('playlist.duplicates', { n: duplicates.length }), { text: t('playlist.duplicates_remove'), run: undo }, UNDO_MS);
  }

  /** For presses without a form: a failure is told at the foot of the page. */
  async #quietly<T>(call: Promise<T>): Promise<T | null> {
    try {
      return await this.#visit.judged(call);
    } catch (e) {
      toasts.problem(e);
      return null;
    }
  }
}
