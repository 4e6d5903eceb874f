import type { Chosen, Found, Item, ItemChange, NewItem, Spot, Where } from '../api/types';

/** What a person may do with the list. */
export type ListRights = {
  view: boolean;
  add: boolean;
  /** Choose what plays. */
  change: boolean;
  reorder: boolean;
  clear: boolean;
  edit(by: { added_by: { id: string } }): boolean;
  remove(by: { added_by: { id: string } }): boolean;
};

/**
 * What the panel asks the room to do. What is typed into a form rejects, so that
 * the form can keep it; everything else tells of its failure itself.
 */
export type ListActions = {
  add(items: NewItem[], where: Where): Promise<void>;
  /** What is at an address; rejects when no player could open it. */
  look(url: string): Promise<Found>;
  importText(text: string, where: Where): Promise<void>;
  edit(item: string, change: ItemChange): Promise<void>;
  addFolder(name: string, parent: string): Promise<void>;
  renameFolder(folder: string, name: string): Promise<void>;
  play(item: Item): void;
  playNext(item: Item): void;
  move(what: Chosen, to: Spot): void;
  remove(what: Chosen): void;
  clear(folder: string): void;
};
