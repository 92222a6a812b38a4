// The rows of a conversation's history: what is stored, then what waits to be sent. Pure; a row that did not change is
// the same object as before, however long the history.
import type { Id, Message } from '../protocol'
import { isNewDay } from './days'
import type { Pending } from './thread'

/** Neighbours of one writer within this time stand together. */
const TOGETHER_MS = 180_000

export interface Stored { kind: 'stored'; key: string; message: Message; newDay: boolean; joined: boolean }
export interface Waiting { kind: 'waiting'; key: string; pending: Pending }
export type Row = Stored | Waiting

interface Known { before: Message | undefined; row: Stored }
const known = new WeakMap<Message, Known>()

function rowOf(message: Message, before: Message | undefined, me: Id): Stored {
  const cached = known.get(message)
  if (cached && cached.before === before) return cached.row
  const newDay = isNewDay(message.createdAt, before?.createdAt)
  const joined = !newDay && !message.system && before !== undefined && !before.system && before.fromUser === message.fromUser
    && !message.replyTo && Date.parse(message.createdAt) - Date.parse(before.createdAt) < TOGETHER_MS
  // What waited under its clientId stays the same row once it is stored.
  const key = message.fromUser === me && message.clientId ? message.clientId : message.id
  const row: Stored = { kind: 'stored', key, message, newDay, joined }
  known.set(message, { before, row })
  return row
}

export function rowsOf(messages: readonly Message[], pending: readonly Pending[], me: Id): Row[] {
  const stored: Row[] = messages.map((message, index) => rowOf(message, messages[index - 1], me))
  for (const waiting of pending) stored.push({ kind: 'waiting', key: waiting.clientId, pending: waiting })
  return stored
}

/** Where a key of the keyboard leads from row `at`; null if it leads nowhere. */
export function stepTo(key: string, at: number, count: number): number | null {
  const last = count - 1
  const wished = { ArrowUp: at < 0 ? last : at - 1, ArrowDown: at + 1, Home: 0, End: last }[key]
  return wished === undefined || wished < 0 || wished > last ? null : wished
}
