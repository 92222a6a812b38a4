// The files of messages that are still being written, on disk, so that a reload loses none of them. Whose they are stands
// with each; how many bytes and how long is bounded. What the disk does not take lives as long as the page.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { PendingFile } from '../chat/thread'
import type { Id } from '../protocol'

/** So many bytes of one person; what is laid beyond that is not kept. */
export const KEPT_BYTES = 64 * 1024 * 1024
export const KEPT_MS = 7 * 86_400_000

export interface KeptFile { user: Id; conversation: Id; at: number; file: PendingFile; bytes: Blob }
interface Schema extends DBSchema {
  files: { key: string; value: KeptFile; indexes: { user: Id } }
}

let database: Promise<IDBPDatabase<Schema> | null> | null = null
function open(): Promise<IDBPDatabase<Schema> | null> {
  database ??= openDB<Schema>('charla-tray', 1, {
    upgrade(db) {
      db.createObjectStore('files').createIndex('user', 'user')
    },
    terminated() {
      database = null
    },
  }).catch(() => null)
  return database
}

/** What is dropped while it is still being written must not come back. */
const gone = new Set<string>()

export const kept = {
  async put(user: Id, conversation: Id, file: PendingFile, bytes: Blob, now: number): Promise<void> {
    const others = await kept.of(user, now)
    if (others.reduce((sum, one) => sum + one.bytes.size, bytes.size) > KEPT_BYTES || gone.has(file.key)) return
    await (await open())?.put('files', { user, conversation, at: now, file: { ...file }, bytes }, file.key).catch(() => {})
    if (gone.has(file.key)) await kept.drop([file.key])
  },
  /** In the order in which they were laid; what is too old is removed. */
  async of(user: Id, now: number): Promise<KeptFile[]> {
    const all = (await (await open())?.getAllFromIndex('files', 'user', user).catch(() => [])) ?? []
    await kept.drop(all.filter(({ at }) => now - at >= KEPT_MS).map(({ file }) => file.key))
    return all.filter(({ at }) => now - at < KEPT_MS).sort((a, b) => a.at - b.at)
  },
  async drop(keys: readonly string[]): Promise<void> {
    for (const key of keys) gone.add(key)
    const db = await open()
    for (const key of keys) await db?.delete('files', key).catch(() => {})
  },
  async clear(): Promise<void> {
    await (await open())?.clear('files').catch(() => {})
  },
}
