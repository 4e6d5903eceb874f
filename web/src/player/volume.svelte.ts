/** How loud, remembered on this device. A press on mute is not the same as nothing. */
const STORED = 'synctv.volume';

export class Volume {
  level = $state(1);
  muted = $state(false);

  constructor() {
    const [level, muted] = (localStorage.getItem(STORED) ?? '').split(' ');
    const n = Number(level);
    if (level && n >= 0 && n <= 1) this.level = n;
    this.muted = muted === 'muted';
  }

  /** Sets the level (0–1); moving the slider ends the silence. */
  set(level: number): void {
    this.level = Math.round(Math.min(1, Math.max(0, level)) * 100) / 100;
    this.muted = false;
    this.#store();
  }

  mute(): void {
    this.muted = !this.muted;
    this.#store();
  }

  #store(): void {
    localStorage.setItem(STORED, `${this.level}${this.muted ? ' muted' : ''}`);
  }
}
