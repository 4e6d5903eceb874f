/** WebVTT on a film, drawn by the browser. */

/** A subtitle that is shown; close() leaves nothing of it. */
export type Shown = { shift(seconds: number): void; resize(size: number): void; close(): void };

/** Shows a WebVTT file over a film. `onfailed` hears when it cannot be read. */
export function showPlain(video: HTMLVideoElement, url: string, onfailed: () => void): Shown {
  const element = document.createElement('track');
  const began = new Map<TextTrackCue, [number, number]>();
  let wanted = 0;
  const apply = (): void => {
    for (const cue of [...(element.track.cues ?? [])]) {
      const [from, to] = began.get(cue) ?? [cue.startTime, cue.endTime];
      began.set(cue, [from, to]);
      cue.startTime = Math.max(0, from + wanted);
      cue.endTime = Math.max(0, to + wanted);
      // The last two lines of the picture are where the controls are.
      if (cue instanceof VTTCue && cue.line === 'auto') cue.line = -2 - cue.text.split('\n').length;
    }
  };
  element.kind = 'subtitles';
  // Not before the lines are where they belong: what stands already is not moved on a film that stands still.
  element.addEventListener('load', () => {
    apply();
    element.track.mode = 'showing';
  });
  element.addEventListener('error', onfailed);
  element.src = url;
  video.append(element);
  element.track.mode = 'hidden';
  return {
    shift(seconds) {
      wanted = seconds;
      apply();
    },
    resize(size) {
      video.style.setProperty('--subtitle-size', `${Math.round(size * 100)}%`);
    },
    close() {
      element.track.mode = 'disabled';
      element.remove();
    }
  };
}
