// Sends what was written, in the order it was written, until the server has it: first the files, then the message.
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { addMessages, type Pending, type PendingFile, type Thread } from '../chat/thread'
import { kept } from '../files/kept'
import { outbox } from '../outbox'
import { isTransient, ok, problem, refused, type Id, type Problem, type Result } from '../protocol'
import { useChats } from './chats'
import { useConnection } from './connection'
import { useSession } from './session'

const RETRY_MS = 2000
export interface Outgoing { file: PendingFile; bytes: Blob }

export const useSender = defineStore('sender', () => {
  const busy = new Set<Id>()
  /** How much of a file is at the server, 0 to 1, by its key. */
  const progress = reactive<Record<string, number>>({})
  const running = new Map<string, AbortController>()
  const me = (): Id => useSession().user?.id ?? ''
  const threadOf = (id: Id): Thread | undefined => useChats().threads[id]
  const entryOf = ({ conversation, clientId }: Pending): Pending | undefined =>
    threadOf(conversation)?.pending.find((other) => other.clientId === clientId)

  async function send(conversation: Id, content: string, replyTo?: Id, outgoing: readonly Outgoing[] = []): Promise<void> {
    const pending: Pending = {
      clientId: crypto.randomUUID(),
      user: me(),
      conversation,
      content,
      ...(replyTo ? { replyTo } : {}),
      ...(outgoing.length > 0 ? { files: outgoing.map(({ file }) => file) } : {}),
      createdAt: new Date().toISOString(),
      state: 'queued',
      detail: '',
    }
    threadOf(conversation)?.pending.push(pending)
    // The bytes first: a message without them could not be sent after a reload.
    for (const { file, bytes } of outgoing) await outbox.putBytes(file.key, bytes)
    await outbox.put(pending)
    void kept.drop(outgoing.map(({ file }) => file.key))
    await flush(conversation)
  }

  /** After a sync: takes up what an earlier page left behind, and sends. */
  async function resume(): Promise<void> {
    for (const pending of await outbox.of(me())) {
      await useChats().ensure(pending.conversation)
      const thread = threadOf(pending.conversation)
      if (!thread) continue
      const stored = thread.messages.some(
        (message) => message.clientId === pending.clientId && message.fromUser === me())
      if (stored) await outbox.remove(pending)
      else if (!entryOf(pending)) thread.pending.push(pending)
    }
    for (const [id, thread] of Object.entries(useChats().threads)) if (thread.pending.length > 0) void flush(id)
  }

  async function flush(conversation: Id): Promise<void> {
    if (busy.has(conversation)) return
    busy.add(conversation)
    try {
      for (;;) {
        const next = threadOf(conversation)?.pending.find(({ state }) => state === 'queued')
        if (!next || !(await deliver(next))) return
      }
    } finally {
      busy.delete(conversation)
    }
  }

  /** Every file of the message is at the server afterwards, or it is known why not. */
  async function bring(pending: Pending): Promise<Result<Id[]>> {
    for (const file of pending.files ?? []) {
      if (file.uploaded || !entryOf(pending)?.files?.includes(file)) continue
      const answer = await bringOne(file)
      if (!answer.ok) {
        // Taken out of the message while it was on its way: the others go on.
        if (!entryOf(pending)?.files?.includes(file)) continue
        return answer
      }
      file.uploaded = answer.value
      await outbox.put(pending)
    }
    return ok((entryOf(pending)?.files ?? []).flatMap(({ uploaded }) => uploaded ?? []))
  }

  async function bringOne(file: PendingFile): Promise<Result<Id>> {
    const bytes = await outbox.bytesOf(file.key)
    if (!bytes) return refused(problem('notFound'))
    const stop = new AbortController()
    running.set(file.key, stop)
    const part = await import('../files/upload').catch(() => null)
    if (!part) return refused(problem('offline'))
    const sound = file.durationMs === undefined ? null : { durationMs: file.durationMs, waveform: file.waveform ?? [] }
    const answer = await part.upload(bytes, file.name, sound, (share) => (progress[file.key] = share), stop.signal)
    running.delete(file.key)
    delete progress[file.key]
    return answer.ok ? ok(answer.value.id) : answer
  }

  /** False if the rest must wait. */
  async function deliver(pending: Pending): Promise<boolean> {
    const { clientId, conversation, replyTo } = pending
    const files = await bring(pending)
    if (!entryOf(pending)) return true
    if (!files.ok) return failed(pending, files.problem)
    const attachments = files.value.length > 0 ? { attachments: files.value } : {}
    const answer = await useConnection().emit(
      'sendMessage', { clientId, conversation, content: pending.content, ...(replyTo ? { replyTo } : {}), ...attachments })
    const thread = threadOf(conversation)
    if (!thread) return false
    if (!answer.ok) return failed(pending, answer.problem)
    if (addMessages(thread, [answer.value.message], me())) void useChats().sync()
    // Even if the answer names another clientId, this one is done with.
    thread.pending = thread.pending.filter((other) => other.clientId !== clientId)
    await outbox.remove(pending)
    return true
  }

  async function failed({ clientId, conversation }: Pending, why: Problem): Promise<boolean> {
    if (isTransient(why.code)) {
      if (useConnection().connected) setTimeout(() => void flush(conversation), why.retryAfterMs ?? RETRY_MS)
      return false
    }
    const entry = threadOf(conversation)?.pending.find((other) => other.clientId === clientId)
    if (entry) {
      entry.state = 'failed'
      entry.detail = why.detail || why.title
      // What the server holds unsent for a day it forgets: another try begins with the bytes.
      for (const file of entry.files ?? []) delete file.uploaded
      await outbox.put(entry)
    }
    return true
  }

  async function retry(pending: Pending): Promise<void> {
    pending.state = 'queued'
    await outbox.put(pending)
    await flush(pending.conversation)
  }

  async function discard(pending: Pending): Promise<void> {
    const thread = threadOf(pending.conversation)
    if (thread) thread.pending = thread.pending.filter(({ clientId }) => clientId !== pending.clientId)
    for (const { key } of pending.files ?? []) running.get(key)?.abort()
    await outbox.remove(pending)
  }

  /** Takes one file out of a message that waits; one that has nothing else is discarded. */
  async function dropFile(pending: Pending, key: string): Promise<void> {
    const rest = (pending.files ?? []).filter((file) => file.key !== key)
    if (rest.length === 0 && pending.content === '') return discard(pending)
    pending.files = rest
    running.get(key)?.abort()
    await outbox.dropBytes(key)
    await outbox.put(pending)
  }

  return { progress, send, resume, retry, discard, dropFile }
})
