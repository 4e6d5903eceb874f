/** What the element says of itself, for the controls to draw. Reads it, never moves it. */
export class Film {
  paused = $state(true);
  ended = $state(false);
  /** It wants to move and has nothing to show. */
  starved = $state(false);
  at_s = $state(0);
  /** 0 while unknown, and for live streams. */
  length_s = $state(0);
  /** How far it is loaded from where it stands, in seconds from the start. */
  loaded_s = $state(0);
  rate = $state(1);

  /** Follows an element until the answer is called. */
  follow(v: HTMLVideoElement): () => void {
    const read = () => this.#read(v);
    const names = [
      'play', 'pause', 'playing', 'ended', 'waiting', 'stalled', 'canplay', 'seeking', 'seeked', 'timeupdate',
      'durationchange', 'progress', 'ratechange', 'emptied', 'loadeddata',
    ];
    for (const name of names) v.addEventListener(name, read);
    return () => {
      for (const name of names) v.removeEventListener(name, read);
    };
  }

  #read(v: HTMLVideoElement): void {
    this.paused = v.paused;
    this.ended = v.ended;
    this.starved = !v.paused && !v.ended && v.readyState < 3;
    this.at_s = v.currentTime;
    this.length_s = Number.isFinite(v.duration) ? v.duration : 0;
    this.loaded_s = loadedFrom(v.buffered, v.currentTime);
    this.rate = v.playbackRate;
  }
}

function loadedFrom(ranges: TimeRanges, at: number): number {
  for (let i = 0; i < ranges.length; i++) {
    if (at >= ranges.start(i) - 0.1 && at <= ranges.end(i)) return ranges.end(i);
  }
  return at;
}
