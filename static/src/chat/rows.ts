// The rows of a conversation's history: what is stored, then what waits to be sent. Pure; a row that did not change is
// the same object as before, however long the history.
import type { Call, Id, Message } from '../protocol'
import { isNewDay } from './days'
import type { Pending } from './thread'

/** Neighbours of one writer within this time stand together. */
const TOGETHER_MS = 180_000

export interface Stored { kind: 'stored'; key: string; message: Message; newDay: boolean; joined: boolean }
export interface Waiting { kind: 'waiting'; key: string; pending: Pending }
/** A call that was, at its place among the messages. */
export interface Called { kind: 'call'; key: string; call: Call; newDay: boolean }
export type Row = Stored | Waiting | Called

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

const timeOf = (row: Row): string => (row.kind === 'stored' ? row.message.createdAt : row.kind === 'call' ? row.call.startTime : '')

/** `calls` from old to new. Those before the first message are left out while older messages are still to come. */
export function rowsOf(messages: readonly Message[], pending: readonly Pending[], me: Id, calls: readonly Call[] = [], whole = true): Row[] {
  const stored: Row[] = messages.map((message, index) => rowOf(message, messages[index - 1], me))
  const rows = calls.length > 0 ? withCalls(stored, calls, whole) : stored
  for (const waiting of pending) rows.push({ kind: 'waiting', key: waiting.clientId, pending: waiting })
  return rows
}

const called = new WeakMap<Call, Called>()
function withCalls(stored: readonly Row[], calls: readonly Call[], whole: boolean): Row[] {
  const rows: Row[] = []
  let next = 0
  const place = (before: string): void => {
    for (let call = calls[next]; call && call.startTime < before; call = calls[++next]) {
      const last = rows.at(-1)
      if (!last && !whole) continue
      const newDay = isNewDay(call.startTime, last ? timeOf(last) : undefined)
      const known = called.get(call)
      const row: Called = known?.newDay === newDay ? known : { kind: 'call', key: call.id, call, newDay }
      called.set(call, row)
      rows.push(row)
    }
  }
  for (const row of stored) {
    place(timeOf(row))
    // A call of the same day has told the day already, and stands between two messages of one writer.
    const last = rows.at(-1)
    const after = last?.kind === 'call' && row.kind === 'stored'
    rows.push(after ? { ...row, newDay: isNewDay(row.message.createdAt, timeOf(last)), joined: false } : row)
  }
  place('\uffff')
  return rows
}

/** Where a key of the keyboard leads from row `at`; null if it leads nowhere. */
export function stepTo(key: string, at: number, count: number): number | null {
  const last = count - 1
  const wished = { ArrowUp: at < 0 ? last : at - 1, ArrowDown: at + 1, Home: 0, End: last }[key]
  return wished === undefined || wished < 0 || wished > last ? null : wished
}
