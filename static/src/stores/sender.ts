// Sends what was written, in the order it was written, until the server has it.
import { defineStore } from 'pinia'
import { addMessages, type Pending, type Thread } from '../chat/thread'
import { outbox } from '../outbox'
import { isTransient, type Id } from '../protocol'
import { useChats } from './chats'
import { useConnection } from './connection'
import { useSession } from './session'

const RETRY_MS = 2000

export const useSender = defineStore('sender', () => {
  const busy = new Set<Id>()
  const me = (): Id => useSession().user?.id ?? ''
  const threadOf = (id: Id): Thread | undefined => useChats().threads[id]

  async function send(conversation: Id, content: string, replyTo?: Id): Promise<void> {
    const pending: Pending = {
      clientId: crypto.randomUUID(),
      user: me(),
      conversation,
      content,
      ...(replyTo ? { replyTo } : {}),
      createdAt: new Date().toISOString(),
      state: 'queued',
      detail: '',
    }
    threadOf(conversation)?.pending.push(pending)
    await outbox.put(pending)
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
      if (stored) await outbox.remove(pending.clientId)
      else if (!thread.pending.some(({ clientId }) => clientId === pending.clientId)) thread.pending.push(pending)
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

  /** False if the rest must wait. */
  async function deliver(pending: Pending): Promise<boolean> {
    const { clientId, conversation, content, replyTo } = pending
    const answer = await useConnection().emit('sendMessage', { clientId, conversation, content, ...(replyTo ? { replyTo } : {}) })
    const thread = threadOf(conversation)
    if (!thread) return false
    if (answer.ok) {
      if (addMessages(thread, [answer.value.message], me())) void useChats().sync()
      // Even if the answer names another clientId, this one is done with.
      thread.pending = thread.pending.filter((other) => other.clientId !== clientId)
      await outbox.remove(clientId)
      return true
    }
    if (isTransient(answer.problem.code)) {
      if (useConnection().connected) setTimeout(() => void flush(conversation), answer.problem.retryAfterMs ?? RETRY_MS)
      return false
    }
    const entry = thread.pending.find((other) => other.clientId === clientId)
    if (entry) {
      entry.state = 'failed'
      entry.detail = answer.problem.detail || answer.problem.title
      await outbox.put({ ...entry })
    }
    return true
  }

  async function retry(pending: Pending): Promise<void> {
    pending.state = 'queued'
    await outbox.put({ ...pending })
    await flush(pending.conversation)
  }

  async function discard(pending: Pending): Promise<void> {
    const thread = threadOf(pending.conversation)
    if (thread) thread.pending = thread.pending.filter(({ clientId }) => clientId !== pending.clientId)
    await outbox.remove(pending.clientId)
  }

  return { send, resume, retry, discard }
})
