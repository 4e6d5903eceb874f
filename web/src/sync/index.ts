export { Clock } from './clock';
export { Corrector } from './corrector';
export { SyncEngine, type Hooks, type Send, type Wish } from './engine';
export { newer, positionAt } from './timeline';
export type { By, CommandBody, Commands, Motion, Playback, SyncStatus } from './timeline';
