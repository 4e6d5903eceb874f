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

  /** Sets the level (0–1); moving the slider to a sound ends the silence. */
  set(level: number): void {
    this.level = Math.round(Math.min(1, Math.max(0, level)) * 100) / 100;
    if (level > 0) this.muted = false;
    this.#store();
  }

  /** Louder or quieter by a share; only louder ends the silence. */
  step(share: number): void {
    const muted = this.muted && share < 0;
    this.set(this.level + share);
    this.muted = muted;
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
