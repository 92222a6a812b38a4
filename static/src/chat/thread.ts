// One conversation as this page knows it: messages by seq, what is still to be sent, watermarks. Pure functions over
// plain objects; whatever comes twice or late changes nothing.
import type { Attachment, Conversation, Id, Message, MessageStatus, Receipt, Timestamp } from '../protocol'

/** A file that waits to be sent with a message; its bytes are in the outbox under `key`. */
export interface PendingFile {
  key: string
  kind: Attachment['kind']
  name: string
  mime: string
  size: number
  /** Of a voice message. */
  durationMs?: number
  waveform?: number[]
  /** What the server calls it, once it has it. */
  uploaded?: Id
}

export interface Pending {
  clientId: string
  user: Id
  conversation: Id
  content: string
  /** The message that this one answers. */
  replyTo?: Id
  files?: PendingFile[]
  createdAt: Timestamp
  /** `queued` is sent as soon as the server can be reached; `failed` waits for a word from its writer. */
  state: 'queued' | 'failed'
  /** Why it failed, in the server's words. */
  detail: string
}

export interface Thread {
  conversation: Conversation
  /** Rising seq, no gaps between neighbours. Never changed in place. */
  messages: readonly Message[]
  /** A part of the history that is looked at and not joined to the newest messages; null: these are looked at. */
  past: readonly Message[] | null
  pending: Pending[]
  /** Who is typing, and until when that holds (ms). */
  typing: Record<Id, number>
}

export const newThread = (conversation: Conversation): Thread => ({ conversation, messages: [], past: null, pending: [], typing: {} })

/** What is looked at. */
export const shown = ({ messages, past }: Thread): readonly Message[] => past ?? messages

/** Everything that one may see is here, from the first message on. */
export const isComplete = (thread: Thread, me: Id): boolean =>
  thread.conversation.lastSeq === 0 || (shown(thread)[0]?.seq ?? Infinity) <= Math.max(1, memberOf(thread.conversation, me)?.fromSeq ?? 1)

export const lastSeq = (thread: Thread): number => thread.messages.at(-1)?.seq ?? 0

/** Rising by one. */
const isRun = (messages: readonly Message[]): boolean =>
  messages.every((message, index) => index === 0 || message.seq === (messages[index - 1]?.seq ?? 0) + 1)

/**
 * The union by seq; of what is not connected to the newest messages, the older part is left out. Frozen, so that nobody
 * watches thousands of messages one by one.
 */
export function merge(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  // A page that joins in front, and what comes behind: most of the time, with thousands known.
  const [first] = known
  if (first && isRun(more) && more.at(-1)?.seq === first.seq - 1) return Object.freeze([...more, ...known])
  if (isRun(more) && more[0]?.seq === (known.at(-1)?.seq ?? NaN) + 1) return Object.freeze([...known, ...more])
  const bySeq = new Map<number, Message>()
  for (const message of [...known, ...more]) {
    const there = bySeq.get(message.seq)
    if (!there || (there.rev ?? 0) <= (message.rev ?? 0)) bySeq.set(message.seq, message)
  }
  const all = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
  let start = all.length - 1
  while (start > 0 && all[start - 1]?.seq === (all[start]?.seq ?? 0) - 1) start -= 1
  return Object.freeze(start > 0 ? all.slice(start) : all)
}

/** Takes in messages; true if one before the new ones is missing, so that a sync is due. */
export function addMessages(thread: Thread, more: readonly Message[], me: Id): boolean {
  if (more.length === 0) return false
  const before = lastSeq(thread)
  const first = Math.min(...more.map((message) => message.seq))
  thread.messages = merge(thread.messages, more)
  const sent = new Set(more.filter((message) => message.fromUser === me).map((message) => message.clientId))
  if (sent.size > 0) thread.pending = thread.pending.filter((pending) => !sent.has(pending.clientId))
  const newest = thread.messages.at(-1)
  if (newest && newest.seq >= thread.conversation.lastSeq) {
    thread.conversation.lastSeq = newest.seq
    thread.conversation.lastMessage = newest
    if (newest.createdAt > thread.conversation.updatedAt) thread.conversation.updatedAt = newest.createdAt
  }
  for (const message of more) {
    // Who wrote this has stopped typing.
    delete thread.typing[message.fromUser]
  }
  return before > 0 && first > before + 1
}

/** Takes in a part of the history to look at. Where it meets the newest messages it becomes one with them. */
export function lookAt(thread: Thread, part: readonly Message[]): void {
  const past = merge([], part)
  const [first] = thread.messages
  const meets = past.length === 0 || first === undefined || (past.at(-1)?.seq ?? 0) >= first.seq - 1
  if (meets) thread.messages = merge(past, thread.messages)
  thread.past = meets ? null : past
}

/** Takes in messages that were edited, deleted or reacted to, of those at hand; quotes of them follow. */
export function applyChanges(thread: Thread, changed: Message[]): void {
  for (const message of changed) {
    const newer = (known: Message) => known.id === message.id && (known.rev ?? 0) > (message.rev ?? 0)
    if (thread.messages.some(newer) || thread.past?.some(newer)) continue
    const quote = { id: message.id, seq: message.seq, fromUser: message.fromUser, content: message.content, ...(message.deletedAt ? { deletedAt: message.deletedAt } : {}) }
    const changedIn = (messages: readonly Message[]) => Object.freeze(messages.map((known) => {
      if (known.id === message.id) return message
      return known.quote?.id === message.id ? { ...known, quote } : known
    }))
    thread.messages = changedIn(thread.messages)
    if (thread.past) thread.past = changedIn(thread.past)
    const last = thread.conversation.lastMessage
    if (last?.id === message.id && (last.rev ?? 0) <= (message.rev ?? 0)) thread.conversation.lastMessage = message
  }
}

/** Watermarks only rise. */
export function applyReceipt(thread: Thread, receipt: Receipt, me: Id): void {
  const member = thread.conversation.members.find(({ user }) => user.id === receipt.user)
  if (!member) return
  member.deliveredSeq = Math.max(member.deliveredSeq, receipt.deliveredSeq)
  member.readSeq = Math.max(member.readSeq, receipt.readSeq)
  if (receipt.user === me) recountUnread(thread, me)
}

/** From the messages at hand, where they reach back to what was read; else no more than the server said. */
export function recountUnread(thread: Thread, me: Id): void {
  const read = memberOf(thread.conversation, me)?.readSeq ?? 0
  const unread = thread.messages.filter((message) => message.seq > read && message.fromUser !== me).length
  const reaches = (thread.messages[0]?.seq ?? 1) <= read + 1
  thread.conversation.unread = reaches ? unread : Math.max(unread, thread.conversation.unread)
}

/** The server's newer word on a conversation. Our watermarks may be ahead of it. */
export function refresh(thread: Thread, conversation: Conversation): void {
  const known = thread.conversation
  for (const member of conversation.members) {
    const before = memberOf(known, member.user.id)
    if (!before) continue
    member.deliveredSeq = Math.max(member.deliveredSeq, before.deliveredSeq)
    member.readSeq = Math.max(member.readSeq, before.readSeq)
  }
  if (known.lastSeq > conversation.lastSeq) {
    conversation.lastSeq = known.lastSeq
    conversation.lastMessage = known.lastMessage
    conversation.updatedAt = known.updatedAt
  }
  thread.conversation = conversation
}

export const memberOf = (conversation: Conversation, user: Id) =>
  conversation.members.find((member) => member.user.id === user)

/** The other one of two; nobody in a group. */
export const otherOf = (conversation: Conversation, me: Id) =>
  conversation.kind === 'direct' ? conversation.members.find((member) => member.user.id !== me)?.user : undefined

export const titleOf = (conversation: Conversation, me: Id): string =>
  conversation.name ?? otherOf(conversation, me)?.username ?? '…'

/** How far a message of mine has come. */
export function statusOf(conversation: Conversation, message: Message): MessageStatus {
  const others = conversation.members.filter((member) => member.user.id !== message.fromUser)
  if (others.length > 0 && others.every((member) => member.readSeq >= message.seq)) return 'read'
  if (others.length > 0 && others.every((member) => member.deliveredSeq >= message.seq)) return 'delivered'
  return 'sent'
}

/** The newest message of others; what a receipt of mine can be about. */
export function lastReceived(thread: Thread, me: Id): number {
  for (let index = thread.messages.length - 1; index >= 0; index--) {
    const message = thread.messages[index]
    if (message && message.fromUser !== me) return message.seq
  }
  return 0
}
