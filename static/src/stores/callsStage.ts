// The running call as the page shows it from moment to moment: who is in it and speaks, how long it has lasted, what to
// tell about the line and the microphone. Loaded with the panel of calls; the rules are in call/.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { FRESH_EAR, listen, type Trouble } from '../call/ear'
import { isGroupCall } from '../call/outcome'
import { NO_FRONT, withSpeakers } from '../call/front'
import { isAwaiting, noticeOf } from '../call/patience'
import { mayEnd, mayLead, participantsOf } from '../call/people'
import { NEW_COURSE, wasPoor, withLoss, withPiece } from '../call/rating'
import { NOBODY, SPEAKS_ABOVE, hear, speakersOf } from '../call/speaking'
import { strengthOf } from '../call/strength'
import { clock } from '../chat/days'
import { otherOf, titleOf } from '../chat/thread'
import { wishes } from '../media/wishes'
import type { Id, Problem, Result } from '../protocol'
import { useCalls } from './calls'
import { useChats } from './chats'
import { useConnection } from './connection'
import { useSession } from './session'

/** A ring of light must be there within 100 ms of a voice. */
const TICK_MS = 60
const CLOCK_TICKS = 8
/** Long enough to read, and to look whether it is true. */
const NEWS_MS = 12_000

export const useStage = defineStore('callsStage', () => {
  const calls = useCalls()
  const chats = useChats()
  const connection = useConnection()
  const session = useSession()
  const me = computed<Id>(() => session.user?.id ?? '')

  const now = ref(Date.now())
  const speakers = shallowRef<readonly Id[]>([])
  const front = shallowRef(NO_FRONT)
  const mine = ref(0)
  const trouble = ref<Trouble | null>(null)
  /** What is open beside the call. */
  const open = ref<'people' | 'sound' | 'quality' | null>(null)
  /** Why the last wish about somebody else was not granted. */
  const refusal = ref<Problem | null>(null)
  const course = ref(NEW_COURSE)
  /** The call that ended, and was poor enough to ask about. */
  const asked = ref<Id | null>(null)

  const live = computed(() => !['idle', 'incoming', 'ended'].includes(calls.stage))
  const conversationId = computed<Id>(() => {
    const state = calls.state
    return 'conversation' in state ? state.conversation : (calls.call?.conversation ?? '')
  })
  const thread = computed(() => chats.threads[conversationId.value])
  const members = computed(() => thread.value?.conversation.members ?? [])
  const ofGroup = computed(() => thread.value?.conversation.kind === 'group')
  const grown = computed(() => calls.call !== null && isGroupCall(calls.call))
  const otherId = computed<Id>(() => {
    const other = thread.value && otherOf(thread.value.conversation, me.value)
    return ofGroup.value ? conversationId.value : (other?.id ?? calls.peerUser ?? '')
  })
  const name = computed(() => {
    // A call between two that grew has no name but those of its people.
    if (grown.value && !ofGroup.value) return people.value.filter((one) => !one.me).map(({ user }) => chats.nameOf(user)).join(', ')
    return thread.value ? titleOf(thread.value.conversation, me.value) : chats.nameOf(otherId.value)
  })
  const people = computed(() => (calls.call ? participantsOf(calls.call, me.value) : []))
  watch(() => people.value.map(({ user }) => user), (users) => {
    for (const user of users) void chats.person(user)
  }, { immediate: true })

  const muted = computed(() => 'muted' in calls.state && calls.state.muted)
  const deaf = computed(() => 'deaf' in calls.state && calls.state.deaf !== null)
  const self = computed(() => people.value.find((one) => one.me))
  /** Who of those who lead the call turned the microphone off here. */
  const mutedBy = computed<Id | null>(() => (muted.value ? (self.value?.mutedBy ?? null) : null))
  const strength = computed(() => strengthOf(calls.quality, me.value))
  const stageSince = ref(now.value)
  const lasted = computed(() => Math.max(0, now.value - stageSince.value))
  const notice = computed(() => noticeOf(calls.stage, lasted.value, {
    online: connection.connected, cause: calls.cause, awaiting: isAwaiting(calls.call, me.value),
  }))
  const newsSince = ref(0)
  watch(() => calls.news, () => (newsSince.value = now.value))
  /** Which device took over: said for a while; that there is none: for as long as it is so. */
  const news = computed(() => (calls.news?.kind === 'none' || now.value - newsSince.value < NEWS_MS ? calls.news : null))
  const seconds = computed(() => (calls.state.phase === 'active' ? Math.max(0, Math.floor((now.value - calls.state.since) / 1000)) : null))
  watch(seconds, (value) => (calls.clock = value === null ? '' : clock(value)), { immediate: true })

  let speaking = NOBODY
  let standing = NO_FRONT
  let ear = FRESH_EAR
  let ticks = 0
  function tick(): void {
    const at = Date.now()
    const levels = calls.levels()
    mine.value = levels.mine
    const heard = calls.stage === 'active' ? { ...levels.byUser, [me.value]: levels.mine } : {}
    speaking = hear(speaking, heard, calls.stage === 'active' ? calls.speaking : [], at)
    const next = speakersOf(speaking)
    if (next.join() !== speakers.value.join()) speakers.value = next
    standing = withSpeakers(standing, next, people.value.map(({ user }) => user), at)
    if (standing.users.join() !== front.value.users.join()) front.value = standing
    const listened = listen(ear, calls.stage === 'active' ? levels.heard : null, muted.value ? 'muted' : wishes.pushToTalk && !levels.talking ? 'keyUp' : null, at)
    ear = listened.ear
    trouble.value = listened.trouble
    ticks += 1
    if (ticks % CLOCK_TICKS === 0) now.value = at
  }

  let ticker: ReturnType<typeof setInterval> | undefined
  watch(live, (on) => {
    clearInterval(ticker)
    speaking = NOBODY
    standing = front.value = NO_FRONT
    ear = FRESH_EAR
    speakers.value = []
    trouble.value = null
    if (!on) return
    open.value = refusal.value = asked.value = null
    course.value = NEW_COURSE
    ticker = setInterval(tick, TICK_MS)
  }, { immediate: true })
  let activeSince = 0
  watch(() => calls.stage, (stage, before) => {
    stageSince.value = now.value = Date.now()
    if (stage === 'active' && before !== 'reconnecting') activeSince = now.value
    if (stage === 'reconnecting') course.value = withLoss(course.value)
    if (stage === 'ended' && wasPoor(course.value, now.value - activeSince)) asked.value = calls.call?.id ?? null
    if (stage !== 'ended') return
    open.value = null
  }, { immediate: true })
  watch(() => calls.quality, (hops) => hops.length > 0 && (course.value = withPiece(course.value, strength.value)))

  const toggle = (what: 'people' | 'sound' | 'quality'): void => {
    open.value = open.value === what ? null : what
  }
  const mute = (on: boolean): void => calls.dispatch({ type: 'mute', muted: on })
  const deafen = (on: boolean): void => calls.dispatch({ type: 'deafen', deaf: on })
  const hangUp = (): void => calls.dispatch({ type: 'hangUp' })
  async function wish(asking: Promise<Result<object>>): Promise<void> {
    const answer = await asking
    refusal.value = answer.ok ? null : answer.problem
  }
  const about = (): Id => calls.call?.id ?? ''
  const invite = (user: Id): Promise<void> => wish(connection.emit('inviteToCall', { call: about(), user }))
  const muteOther = (user: Id): Promise<void> => wish(connection.emit('setMuted', { call: about(), muted: true, user }))
  const remove = (user: Id): Promise<void> => wish(connection.emit('removeFromCall', { call: about(), user }))
  const endForAll = (): void => calls.dispatch({ type: 'endForAll' })
  const leads = (user: Id): boolean => calls.call !== null && mayLead(calls.call, members.value, me.value, user)
  const mayEndForAll = computed(() => calls.stage === 'active' && calls.call !== null && mayEnd(calls.call, members.value, me.value))

  return {
    me, now, speakers, front, mine, trouble, open, refusal, asked, live, conversationId, members, ofGroup, grown, otherId, name, people,
    muted, deaf, mutedBy, strength, lasted, notice, news, seconds, speaksAbove: SPEAKS_ABOVE,
    toggle, mute, deafen, hangUp, invite, muteOther, remove, endForAll, leads, mayEndForAll,
  }
})
