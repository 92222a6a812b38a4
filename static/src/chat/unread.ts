// Where the unread begins: the line that a reader finds again after he was away. Pure: what is at hand and how far was
// read go in.
import type { Id, Message } from '../protocol'

/** Which message the line stands before: the first by others from `seq` on; null if there is none. `messages` is a run. */
export function firstUnread(messages: readonly Message[], seq: number, me: Id): Id | null {
  const start = seq - (messages[0]?.seq ?? Infinity)
  if (start < 0) return null
  for (let index = start; index < messages.length; index++) {
    const message = messages[index]
    if (message && message.fromUser !== me) return message.id
  }
  return null
}

/** The unread begins before what is at hand: it is to be fetched before the line can be shown. */
export const isOutOfSight = (messages: readonly Message[], seq: number): boolean => messages.length > 0 && seq < (messages[0]?.seq ?? 0)

/**
 * Where the line stands once messages came, from `before` up to `seq`. One at a time before somebody's eyes is read as it
 * comes; several at once came after a time without the server, and what comes while nobody looks was not seen either.
 */
export function lineAfter(line: number | null, readSeq: number, came: { before: number; seq: number }, watched: boolean): number | null {
  const several = came.seq - came.before > 1
  // The server's word on what was read comes later than the eye.
  const seen = watched ? Math.max(readSeq, came.before) : readSeq
  if (came.seq <= readSeq || (watched && !several)) return line
  return line !== null && line > seen ? line : seen + 1
}
