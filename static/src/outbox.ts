// Messages that the server has not acknowledged, on disk: a reload, a crash or a dead network loses none. The same
// clientId goes out with every try, so that the server stores each of them once.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Pending } from './chat/thread'
import type { Id } from './protocol'

interface Schema extends DBSchema {
  outbox: { key: string; value: Pending; indexes: { user: Id } }
}

let database: Promise<IDBPDatabase<Schema> | null> | null = null

function open(): Promise<IDBPDatabase<Schema> | null> {
  database ??= openDB<Schema>('charla', 1, {
    upgrade(db) {
      db.createObjectStore('outbox', { keyPath: 'clientId' }).createIndex('user', 'user')
    },
    terminated() {
      database = null
    },
    // Private windows of some browsers have no database: then the outbox lives as long as the page.
  }).catch(() => null)
  return database
}

export const outbox = {
  async put(pending: Pending): Promise<void> {
    await (await open())?.put('outbox', { ...pending }).catch(() => {})
  },
  async remove(clientId: string): Promise<void> {
    await (await open())?.delete('outbox', clientId).catch(() => {})
  },
  /** In the order they were written. */
  async of(user: Id): Promise<Pending[]> {
    const found = (await (await open())?.getAllFromIndex('outbox', 'user', user).catch(() => [])) ?? []
    return found.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
  },
  async clear(): Promise<void> {
    await (await open())?.clear('outbox').catch(() => {})
  },
}
