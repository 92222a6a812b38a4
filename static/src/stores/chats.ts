// Conversations and their messages: kept current by `sync` and events, sent through the outbox, marked as received
// and read. The rules are in chat/thread.ts; here they meet the socket.
import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import {
  addMessages, applyChanges, applyReceipt, isComplete, lastReceived, lookAt, memberOf, newThread, otherOf, recountUnread, refresh, shown,
  type Thread,
} from '../chat/thread'
import { rest } from '../net/rest'
import type { Conversation, Id, Message, Problem, Receipt, Result, Timestamp, User } from '../protocol'
import { useConnection } from './connection'
import { useRegards } from './regards'
import { useSession } from './session'

const TYPING_HOLDS_MS = 6000
const TYPING_EVERY_MS = 3000
/** So many messages before and after one that is gone to. */
const AROUND = 50

/** The later time first. Times of one form are ordered as texts; the first `localeCompare` of a page takes 20 ms. */
const later = (a: Timestamp, b: Timestamp): number => (a === b ? 0 : a < b ? 1 : -1)

/** A message to go to. */
export interface Target { conversation: Id; message: Id; seq: number }

export const useChats = defineStore('chats', () => {
  const threads = reactive<Record<Id, Thread>>({})
  const people = reactive<Record<Id, User>>({})
  const loaded = ref(false)
  /** The conversation on screen, if any. */
  const open = ref<Id | null>(null)
  /** The newest message of somebody else, for the live region and notifications. */
  const arrived = ref<Message | null>(null)
  /** The message that somebody wishes to see next; whoever shows its conversation goes there. */
  const target = ref<Target | null>(null)
  let token: string | null = null
  /** Conversations from before a sync from the start, which has not named them yet. */
  const unnamed = new Set<Id>()
  let syncing: Promise<void> | null = null
  let again = false
  const marking = new Set<string>()
  const typingSaid: Record<Id, number> = {}

  const me = (): Id => useSession().user?.id ?? ''
  const sorted = computed(() =>
    Object.values(threads).sort((a, b) => later(a.conversation.updatedAt, b.conversation.updatedAt)))
  const unread = computed(() => Object.values(threads).filter((thread) => thread.conversation.unread > 0).length)

  function adopt(conversation: Conversation): Thread {
    for (const member of conversation.members) people[member.user.id] = member.user
    const known = threads[conversation.id]
    if (known) refresh(known, conversation)
    else {
      threads[conversation.id] = newThread(conversation)
      useRegards().meet(conversation.members.map(({ user }) => user.id).filter((id) => id !== me()))
    }
    return threads[conversation.id] as Thread
  }

  /** What this device kept of an earlier page, until the server tells what there is now. */
  function restore(kept: readonly { conversation: Conversation; messages: readonly Message[] }[]): void {
    for (const { conversation, messages } of kept) addMessages(adopt(conversation), messages, me())
    for (const { conversation } of kept) unnamed.add(conversation.id)
    loaded.value = true
  }

  /** After every welcome: what was missed, then what waits to be sent. */
  async function catchUp(): Promise<void> {
    await sync()
    // What sends is not needed before the conversations are there.
    const sender = await import('./sender').catch(() => null)
    await sender?.useSender().resume()
    for (const thread of Object.values(threads)) mark(thread)
  }

  function sync(): Promise<void> {
    // A wish that comes while one runs is granted by another run: the first may already have passed it.
    if (syncing) again = true
    syncing ??= (async () => {
      do {
        again = false
        await syncOnce()
      } while (again)
    })().finally(() => {
      syncing = null
    })
    return syncing
  }

  async function syncOnce(): Promise<void> {
    // From the start, a sync tells all that there is: what was here before and is not named is none of ours any more.
    for (let more = true; more; ) {
      const page = await useConnection().emit('sync', { since: token })
      if (!page.ok) {
        // A token of another database: begin anew.
        if (page.problem.code !== 'badRequest' || token === null) return
        token = null
        for (const id of Object.keys(threads)) unnamed.add(id)
        continue
      }
      token = page.value.since
      more = page.value.more
      for (const id of page.value.left) delete threads[id]
      for (const { conversation, messages, changed } of page.value.conversations) {
        unnamed.delete(conversation.id)
        const thread = adopt(conversation)
        applyChanges(thread, changed ?? [])
        addMessages(thread, messages, me())
        recountUnread(thread, me())
        mark(thread)
      }
    }
    for (const id of unnamed) delete threads[id]
    unnamed.clear()
    loaded.value = true
  }

  function onMessage(message: Message): void {
    const thread = threads[message.conversation]
    if (!thread) return void sync()
    const known = thread.messages.some(({ id }) => id === message.id)
    const gap = addMessages(thread, [message], me())
    if (known) return
    if (message.fromUser !== me()) {
      thread.conversation.unread += 1
      if (!message.system) arrived.value = message
    }
    recountUnread(thread, me())
    mark(thread)
    if (gap) void sync()
  }

  /** A message was edited, deleted or reacted to. */
  function onUpdate(message: Message): void {
    const thread = threads[message.conversation]
    if (thread) applyChanges(thread, [message])
  }

  /** A group changed, or one is out of it. */
  async function onChange(id: Id): Promise<void> {
    const answer = await rest.conversation(id)
    if (answer.ok) adopt(answer.value)
    else if (answer.problem.code === 'notFound') delete threads[id]
  }

  function onReceipt(receipt: Receipt): void {
    const thread = threads[receipt.conversation]
    if (thread) applyReceipt(thread, receipt, me())
  }

  function onTyping(conversation: Id, user: Id, typing: boolean): void {
    const thread = threads[conversation]
    if (!thread) return
    if (!typing) {
      delete thread.typing[user]
      return
    }
    const until = Date.now() + TYPING_HOLDS_MS
    thread.typing[user] = until
    setTimeout(() => {
      if (thread.typing[user] === until) delete thread.typing[user]
    }, TYPING_HOLDS_MS)
  }

  async function sayTyping(conversation: Id, typing: boolean): Promise<void> {
    const last = typingSaid[conversation] ?? 0
    if (typing ? Date.now() - last < TYPING_EVERY_MS : last === 0) return
    typingSaid[conversation] = typing ? Date.now() : 0
    await useConnection().emit('typing', { conversation, typing })
  }

  const watched = (id: Id): boolean => open.value === id && document.visibilityState === 'visible' && document.hasFocus()

  /** Tells how far this page has received, and read, if the conversation is before somebody's eyes. */
  function mark(thread: Thread): void {
    const id = thread.conversation.id
    const seq = lastReceived(thread, me())
    const own = memberOf(thread.conversation, me())
    if (!own || seq === 0) return
    if (watched(id) && seq > own.readSeq) void tell('messageRead', id, seq)
    else if (seq > own.deliveredSeq) void tell('messageDelivered', id, seq)
  }

  async function tell(event: 'messageRead' | 'messageDelivered', conversation: Id, seq: number): Promise<void> {
    const key = `${event} ${conversation}`
    if (marking.has(key)) return
    marking.add(key)
    const answer = await useConnection().emit(event, { conversation, seq })
    marking.delete(key)
    const thread = threads[conversation]
    if (!answer.ok || !thread) return
    const readSeq = event === 'messageRead' ? seq : 0
    applyReceipt(thread, { conversation, user: me(), deliveredSeq: seq, readSeq }, me())
    // More may have come in the meantime.
    mark(thread)
  }

  function show(id: Id | null): void {
    open.value = id
    lookedAt()
  }
  /** The page got the focus, or the conversation came into view. */
  function lookedAt(): void {
    const thread = open.value ? threads[open.value] : undefined
    if (thread) mark(thread)
  }

  /** Opens the conversation with somebody; its id, or why not. */
  async function openWith(user: Id): Promise<Id | Problem> {
    const existing = Object.values(threads).find(({ conversation }) => otherOf(conversation, me())?.id === user)
    if (existing) return existing.conversation.id
    const answer = await rest.openConversation(user)
    if (!answer.ok) return answer.problem
    return adopt(answer.value).conversation.id
  }

  /** A conversation by its address, if it is not here yet. */
  async function ensure(id: Id): Promise<Problem | null> {
    if (threads[id]) return null
    const answer = await rest.conversation(id)
    if (!answer.ok) return answer.problem
    adopt(answer.value)
    await loadOlder(id)
    return null
  }

  async function loadOlder(id: Id): Promise<Problem | null> {
    const thread = threads[id]
    if (!thread || isComplete(thread, me())) return null
    const { past } = thread
    const before = shown(thread)[0]?.seq ?? thread.conversation.lastSeq + 1
    const answer = await rest.messages(id, { before })
    if (!answer.ok) return answer.problem
    // Somebody may have gone elsewhere in the meantime.
    if (thread.past !== past) return null
    if (past) lookAt(thread, [...answer.value.messages, ...past])
    else addMessages(thread, answer.value.messages, me())
    return null
  }

  /** What comes after a part of the history that is looked at, until it meets the newest. */
  async function loadNewer(id: Id): Promise<Problem | null> {
    const thread = threads[id]
    const past = thread?.past
    if (!thread || !past) return null
    const answer = await rest.messages(id, { after: past.at(-1)?.seq ?? 0 })
    if (!answer.ok) return answer.problem
    if (thread.past === past) lookAt(thread, [...past, ...answer.value.messages])
    return null
  }

  /** Looks at the part of the history that a message is in. */
  async function lookAround(id: Id, seq: number): Promise<Problem | null> {
    const thread = threads[id]
    if (!thread) return null
    if (seq >= (thread.messages[0]?.seq ?? Infinity)) {
      thread.past = null
      return null
    }
    if (thread.past?.some((message) => message.seq === seq)) return null
    const answer = await rest.messages(id, { before: seq + AROUND })
    if (!answer.ok) return answer.problem
    // Who has left meanwhile finds the newest on his return.
    if (open.value === id) lookAt(thread, answer.value.messages)
    return null
  }

  function lookAtNewest(id: Id): void {
    const thread = threads[id]
    if (thread) thread.past = null
  }

  /** What the server makes of a change of a message is applied like anybody's. */
  async function changed(answer: Promise<Result<{ message: Message }>>): Promise<Result<{ message: Message }>> {
    const result = await answer
    if (result.ok) onUpdate(result.value.message)
    return result
  }
  const edit = (message: Id, content: string) => changed(useConnection().emit('editMessage', { message, content }))
  const remove = (message: Id) => changed(useConnection().emit('deleteMessage', { message }))
  const react = (message: Id, emoji: string, reacted: boolean) =>
    changed(useConnection().emit('reactMessage', { message, emoji, reacted }))

  async function person(id: Id): Promise<void> {
    if (people[id]) return
    const answer = await rest.user(id)
    if (answer.ok) people[id] = answer.value
  }
  const nameOf = (id: Id): string => people[id]?.username ?? '…'

  function reset(): void {
    for (const id of Object.keys(threads)) delete threads[id]
    for (const id of Object.keys(people)) delete people[id]
    loaded.value = false
    unnamed.clear()
    open.value = arrived.value = target.value = token = null
  }

  return {
    threads, people, loaded, open, arrived, target, sorted, unread,
    adopt, catchUp, sync, onMessage, onUpdate, onChange, onReceipt, onTyping, sayTyping, show, lookedAt, watched, openWith, ensure, loadOlder, loadNewer, lookAround, lookAtNewest,
    edit, remove, react, person, nameOf, restore, reset,
  }
})
