// Messages that the server has not acknowledged, and the bytes of their files, on disk: a reload, a crash or a dead
// network loses none. The same clientId goes out with every try, so that the server stores each of them once.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Pending } from './chat/thread'
import type { Id } from './protocol'

interface Schema extends DBSchema {
  outbox: { key: string; value: Pending; indexes: { user: Id } }
  bytes: { key: string; value: Blob }
}

let database: Promise<IDBPDatabase<Schema> | null> | null = null
/** What the disk did not take lives as long as the page. */
const kept = new Map<string, Blob>()

function open(): Promise<IDBPDatabase<Schema> | null> {
  database ??= openDB<Schema>('charla', 2, {
    upgrade(db, from) {
      if (from < 1) db.createObjectStore('outbox', { keyPath: 'clientId' }).createIndex('user', 'user')
      db.createObjectStore('bytes')
    },
    // A page of a newer version waits: it reads from disk what is here.
    blocking() {
      void database?.then((db) => db?.close())
      database = null
    },
    terminated() {
      database = null
    },
    // Private windows of some browsers have no database: then the outbox lives as long as the page.
  }).catch(() => null)
  return database
}

/** As plain data: what a view watches cannot be stored. */
const plain = (pending: Pending): Pending => JSON.parse(JSON.stringify(pending)) as Pending

export const outbox = {
  async put(pending: Pending): Promise<void> {
    await (await open())?.put('outbox', plain(pending)).catch(() => {})
  },
  async remove(pending: Pending): Promise<void> {
    await (await open())?.delete('outbox', pending.clientId).catch(() => {})
    for (const { key } of pending.files ?? []) await outbox.dropBytes(key)
  },
  /** In the order they were written. */
  async of(user: Id): Promise<Pending[]> {
    const found = (await (await open())?.getAllFromIndex('outbox', 'user', user).catch(() => [])) ?? []
    return found.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
  },
  async putBytes(key: string, bytes: Blob): Promise<void> {
    kept.set(key, bytes)
    const db = await open()
    if (db && (await db.put('bytes', bytes, key).then(() => true, () => false))) kept.delete(key)
  },
  async bytesOf(key: string): Promise<Blob | undefined> {
    return kept.get(key) ?? (await (await open())?.get('bytes', key).catch(() => undefined))
  },
  async dropBytes(key: string): Promise<void> {
    kept.delete(key)
    await (await open())?.delete('bytes', key).catch(() => {})
  },
  async clear(): Promise<void> {
    kept.clear()
    const db = await open()
    await Promise.all([db?.clear('outbox').catch(() => {}), db?.clear('bytes').catch(() => {})])
  },
}
