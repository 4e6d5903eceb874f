export { Clock } from './clock';
export { Corrector } from './corrector';
export { SyncEngine, type Hooks, type Send, type Wish } from './engine';
export { newer, positionAt, waitedFor } from './timeline';
export type { By, CommandBody, Commands, Motion, Playback, Reason, SyncStatus, Waited } from './timeline';
