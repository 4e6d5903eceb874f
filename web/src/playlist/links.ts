/** The links in what was pasted; null when one of them is none. Several may be pasted at once. */
export function parseLinks(pasted: string): string[] | null {
  const words = pasted.split(/\s+/).filter(Boolean);
  return words.every(isLink) ? words : null;
}

function isLink(word: string): boolean {
  if (!URL.canParse(word)) return false;
  return ['http:', 'https:', 'rtmp:', 'rtmps:'].includes(new URL(word).protocol);
}
