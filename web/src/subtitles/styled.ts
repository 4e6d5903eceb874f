/** ASS on a film, drawn by libass in a worker. A lazy chunk: nobody else pays for it. */
import JASSUB from 'jassub';
import workerUrl from 'jassub/dist/worker/worker.js?worker&url';
import wasmUrl from 'jassub/dist/wasm/jassub-worker.wasm?url';
import modernWasmUrl from 'jassub/dist/wasm/jassub-worker-modern.wasm?url';
import latin from 'jassub/dist/default.woff2?url';
import chinese from '@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2?url';
import type { Shown } from './plain';

/** Characters that the small font has not: CJK, kana, full-width forms. */
const WIDE = /[\u2E80-\u9FFF\uF900-\uFAFF\uFF00-\uFFEF\u{20000}-\u{2FA1F}]/u;
/** What the file calls itself, by which alone libass finds it; its strokes are those of 400. */
const FAMILY = 'noto sans sc thin';

/** Shows an ASS file over a film. Rejects when it cannot be fetched, or not drawn here. */
export async function showStyled(video: HTMLVideoElement, url: string): Promise<Shown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`subtitle: ${answer.status}`);
  const text = await answer.text();
  const wide = WIDE.test(text);
  const at = (path: string): string => new URL(path, location.href).href;
  const drawer = new JASSUB({
    video,
    subContent: text,
    workerUrl: at(workerUrl),
    wasmUrl: at(wasmUrl),
    modernWasmUrl: at(modernWasmUrl),
    queryFonts: false,
    availableFonts: { 'liberation sans': at(latin), ...(wide && { [FAMILY]: at(chinese) }) },
    ...(wide && { fonts: [at(chinese)], defaultFont: FAMILY })
  });
  await drawer.ready;
  // It draws with each new frame; a film that stands still has none.
  const draw = (): void =>
    void drawer.manualRender({ expectedDisplayTime: performance.now(), width: video.videoWidth, height: video.videoHeight, mediaTime: video.currentTime }, true);
  if (video.readyState > 1) draw();
  return {
    shift(seconds) {
      drawer.timeOffset = -seconds;
      if (video.readyState > 1) draw();
    },
    // Styled subtitles have sizes of their own.
    resize() {},
    close: () => void drawer.destroy()
  };
}
