// What people let one know of them, and what one wishes of them oneself: who is here, whom one has blocked, which
// conversations make no sound, one's own settings. Told by the server; asked for again after every welcome.
import { defineStore } from 'pinia'
import { reactive, ref } from 'vue'
import { rest } from '../net/rest'
import { ok, type Id, type Mute, type Presence, type PresenceState, type Result, type ServerEvents, type Settings, type Timestamp } from '../protocol'

/** People are met many at a time, when conversations are loaded. */
const MEET_MS = 300

export const useRegards = defineStore('regards', () => {
  const presences = reactive<Record<Id, Presence>>({})
  const blocked = reactive(new Set<Id>())
  /** Until when (null: until further notice) a conversation makes no sound. */
  const mutes = reactive<Record<Id, Timestamp | null>>({})
  const settings = ref<Settings | null>(null)

  let asking = false

  function onWelcome(own: Settings, muted: readonly Mute[]): void {
    settings.value = own
    for (const id of Object.keys(mutes)) delete mutes[id]
    for (const { conversation, until } of muted) mutes[conversation] = until
    void ask()
  }

  async function ask(): Promise<void> {
    const [seen, shut] = await Promise.all([rest.presences(), rest.blocks()])
    if (seen.ok) {
      for (const id of Object.keys(presences)) delete presences[id]
      for (const presence of seen.value.presences) presences[presence.user] = presence
    }
    if (!shut.ok) return
    blocked.clear()
    for (const { id } of shut.value.users) blocked.add(id)
  }

  /** Somebody new to talk with: whether they are here was not told yet. */
  function meet(users: readonly Id[]): void {
    if (asking || users.every((user) => presences[user])) return
    asking = true
    setTimeout(() => {
      asking = false
      if (settings.value && users.some((user) => !presences[user])) void ask()
    }, MEET_MS)
  }

  const onPresence = (presence: Presence): void => {
    presences[presence.user] = presence
  }
  const onSettings = (own: Settings): void => {
    const before = settings.value
    settings.value = own
    // They are mutual: who shows himself again sees the others again.
    if (before && (before.showOnline !== own.showOnline || before.showLastSeen !== own.showLastSeen)) void ask()
  }
  function onBlock({ user, blocked: shut }: ServerEvents['blockChanged']): void {
    if (shut) blocked.add(user)
    else blocked.delete(user)
  }
  function onMute({ conversation, muted, until }: ServerEvents['muteChanged']): void {
    if (muted) mutes[conversation] = until
    else delete mutes[conversation]
  }

  const stateOf = (user: Id | undefined): PresenceState => (user === undefined ? undefined : presences[user]?.presence) ?? 'offline'
  function isMuted(conversation: Id, now = Date.now()): boolean {
    const until = mutes[conversation]
    return until === null || (until !== undefined && Date.parse(until) > now)
  }
  /** Whether what is said there may be heard of at all: it is not muted, and its reader takes messages now. */
  const mayTell = (conversation: Id): boolean => !isMuted(conversation) && settings.value?.doNotDisturb !== true

  async function mute(conversation: Id, until: Timestamp | null): Promise<Result<unknown>> {
    const answer = await rest.mute(conversation, until)
    if (answer.ok) onMute({ conversation, muted: true, until: answer.value.until })
    return answer
  }
  async function unmute(conversation: Id): Promise<Result<unknown>> {
    const answer = await rest.unmute(conversation)
    if (answer.ok) onMute({ conversation, muted: false, until: null })
    return answer
  }
  async function block(user: Id, shut: boolean): Promise<Result<unknown>> {
    const answer = await (shut ? rest.block(user) : rest.unblock(user))
    if (!answer.ok) return answer
    onBlock({ user, blocked: shut })
    return ok(null)
  }

  function reset(): void {
    for (const id of Object.keys(presences)) delete presences[id]
    for (const id of Object.keys(mutes)) delete mutes[id]
    blocked.clear()
    settings.value = null
  }

  return { presences, blocked, mutes, settings, meet, onWelcome, onPresence, onSettings, onBlock, onMute, stateOf, isMuted, mayTell, mute, unmute, block, reset }
})
