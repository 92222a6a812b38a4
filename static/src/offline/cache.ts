// The last chats on this device, for a start without a network: the newest messages of the newest conversations, and
// whose they are. In a database of its own, removed with the session. Never a token: the cookie is out of reach.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { watch } from 'vue'
import type { Conversation, Message, OwnUser } from '../protocol'
import { keepChats } from '../settings/preferences'
import { useChats } from '../stores/chats'
import { useSession } from '../stores/session'

export interface Kept { conversation: Conversation; messages: readonly Message[] }
export interface Snapshot { user: OwnUser; savedAt: string; threads: Kept[] }
interface Schema extends DBSchema {
  snapshots: { key: 'last'; value: Snapshot }
}

const CONVERSATIONS = 40
const MESSAGES = 50
const CALM_MS = 1500
let database: Promise<IDBPDatabase<Schema> | null> | null = null
let stop: (() => void) | null = null

function open(): Promise<IDBPDatabase<Schema> | null> {
  database ??= openDB<Schema>('charla-kept', 1, {
    upgrade(db) {
      db.createObjectStore('snapshots')
    },
    terminated() {
      database = null
    },
  }).catch(() => null)
  return database
}

async function save(): Promise<void> {
  const session = useSession()
  const chats = useChats()
  if (!session.user || !chats.loaded || !keepChats.value) return
  const threads = chats.sorted.slice(0, CONVERSATIONS).map(({ conversation, messages }) => ({ conversation, messages: messages.slice(-MESSAGES) }))
  // Plain objects: a database does not take Vue's.
  const snapshot = JSON.parse(JSON.stringify({ user: session.user, savedAt: new Date().toISOString(), threads })) as Snapshot
  await (await open())?.put('snapshots', snapshot, 'last').catch(() => {})
}

/** What changes when there is something to keep: identities and numbers, so that watching costs nothing. */
const changes = () =>
  useChats().sorted.slice(0, CONVERSATIONS).flatMap(({ conversation, messages }) => [messages, conversation.lastSeq, conversation.unread, conversation.rev])

/** Keeps the chats current from now on, until `forget`. */
export function keepCurrent(): void {
  if (stop) return
  let timer: ReturnType<typeof setTimeout> | undefined
  const unwatch = watch(changes, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void save(), CALM_MS)
  }, { immediate: true })
  const unkeep = watch(keepChats, (keep) => void (keep ? save() : remove()))
  stop = () => {
    clearTimeout(timer)
    unwatch()
    unkeep()
    stop = null
  }
}

async function remove(): Promise<void> {
  await (await open())?.clear('snapshots').catch(() => {})
}

/** The session is over: nothing of it stays. */
export async function forget(): Promise<void> {
  stop?.()
  await remove()
}

export async function last(): Promise<Snapshot | null> {
  if (!keepChats.value) return null
  return (await (await open())?.get('snapshots', 'last').catch(() => undefined)) ?? null
}
