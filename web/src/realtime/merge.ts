// How what arrives is put together with what is here. Pure: values in, values out.
// Everything tolerates repetition and late arrival, because the socket may
// deliver an event twice and a snapshot may overtake it.
import type { Member, Message, Playlist, PlaylistEvent, StreamInfo } from '../api/types';

/** Messages kept in memory; older ones are fetched again when scrolled to. */
export const KEPT_MESSAGES = 600;

const versionOf = (message: Message | undefined): number => (message ? (message.version ?? 1) : 0);

/** Both lists as one, oldest first, each message once; the later version wins, of equal ones the incoming copy. */
export function mergeMessages(mine: readonly Message[], incoming: readonly Message[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const message of mine) bySeq.set(message.seq, message);
  for (const message of incoming) {
    if (versionOf(message) >= versionOf(bySeq.get(message.seq))) bySeq.set(message.seq, message);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/**
 * The messages after one of them changed. One that is not here stays away, or
 * there would be a hole beside it; but answers that quote it follow either way.
 */
export function changeMessages(mine: readonly Message[], changed: Message): Message[] {
  const quoted = [...changed.text.replace(/\s+/g, ' ')].slice(0, QUOTED).join('');
  return mine.map((message) => {
    if (message.seq === changed.seq) return versionOf(changed) >= versionOf(message) ? changed : message;
    if (message.reply_to?.id !== changed.id) return message;
    return { ...message, reply_to: { ...message.reply_to, text: quoted } };
  });
}

/** Characters of a quote, as the server cuts it. */
const QUOTED = 120;

/**
 * The messages after a snapshot. If more was said while we were away than the
 * snapshot holds, what we had is not adjacent to it any more and is dropped:
 * scrolling up fetches it again without a hole.
 */
export function rejoinMessages(mine: readonly Message[], latest: readonly Message[]): Message[] {
  const newest = mine.at(-1)?.seq ?? -Infinity;
  const oldest = latest[0]?.seq ?? -Infinity;
  return oldest > newest + 1 ? [...latest] : mergeMessages(mine, latest);
}

export type PlaylistChange = Omit<PlaylistEvent, 'type'>;

/** The list after a change; null when it must be fetched: a change was missed, or this one was too large to be sent. */
export function changePlaylist(list: Playlist, change: PlaylistChange): Playlist | null {
  if (change.version <= list.version) return list;
  if (change.version !== list.version + 1 || change.refetch) return null;
  const put = [...(change.added ?? []), ...(change.edited ?? [])];
  const gone = new Set([...(change.removed ?? []), ...put.map((item) => item.id)]);
  const items = [...list.items.filter((item) => !gone.has(item.id)), ...put];
  return { version: change.version, items: items.sort((a, b) => a.position - b.position), folders: change.folders ?? list.folders };
}

/** The newer of two whole lists. */
export const newerPlaylist = (mine: Playlist, theirs: Playlist): Playlist =>
  theirs.version >= mine.version ? theirs : mine;

/** The list with one member added or replaced, in its place. */
export function putMember(list: readonly Member[], member: Member): Member[] {
  const known = list.some((m) => m.id === member.id);
  return known ? list.map((m) => (m.id === member.id ? member : m)) : [...list, member];
}

/** The list with one stream added or replaced. */
export function putStream(list: readonly StreamInfo[], stream: StreamInfo): StreamInfo[] {
  return [...list.filter((s) => s.stream !== stream.stream), stream];
}
