// The call of this tab as the page shows it. What moves it is stores/engine.ts, which is loaded when it is wanted; what
// is said to it before waits in order.
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef } from 'vue'
import type { Cause } from '../call/cause'
import { IDLE, callOf, peerOf, stageOf } from '../call/outcome'
import { know, knowAll, offerIn, signOf, type Running } from '../call/running'
import type { CallState, DeviceNews, Input } from '../call/types'
import type { Call, HopQuality, Id, MissedCalls, PathName, Slot } from '../protocol'
import { rest } from '../net/rest'
import { useConnection } from './connection'
import type { Engine } from './engine'
import { useSession } from './session'

export const useCalls = defineStore('calls', () => {
  const state = shallowRef<CallState>(IDLE)
  /** Rises with every call that ended: the history is stale. */
  const endings = ref(0)
  /** Calls missed and not looked at yet, on any device. */
  const missed = shallowRef<MissedCalls>({ count: 0, conversations: [] })
  /** False while no sound at all comes from the other one, for whatever reason. */
  const hearing = ref(true)
  /** What keeps this tab's sound while it is not there yet. */
  const cause = ref<Cause>('unknown')
  /** The last five seconds of this tab's call, hop by hop; empty until the server told. */
  const quality = shallowRef<HopQuality[]>([])
  /** The way this tab's sound takes; null until the browser told. */
  const path = ref<PathName | null>(null)
  /** Whom this tab hears in which slot. */
  const slots = shallowRef<readonly Slot[]>([])
  /** Whom the server names as speaking. */
  const speaking = shallowRef<readonly Id[]>([])
  /** Live calls that this person may be in, whether or not this tab is. */
  const running = shallowRef<Running>({})
  /** The call covers the page; else it is a bar above it. */
  const whole = ref(false)
  const news = shallowRef<DeviceNews | null>(null)
  /** How long it has lasted, as text; empty while none runs. */
  const clock = ref('')
  let engine: Engine | null = null
  let loading: Promise<Engine> | null = null
  const waiting: Input[] = []

  const stage = computed(() => stageOf(state.value, useConnection().connected))
  const call = computed(() => callOf(state.value))
  const peerUser = computed<Id | null>(() => {
    const me = useSession().user?.id
    return call.value && me ? peerOf(call.value, me) : null
  })

  function ready(): Promise<Engine> {
    loading ??= import('./engine').then(
      ({ createEngine }) => {
        engine = createEngine(reactive({ state, endings, hearing, cause, quality, path, slots, speaking, whole, news }))
        for (const input of waiting.splice(0)) engine.dispatch(input)
        return engine
      },
      (error: unknown) => {
        // The network may be back at the next try.
        loading = null
        throw error
      },
    )
    return loading
  }

  /** Whether this means anything to a page that never had a call. */
  const begins = (input: Input): boolean =>
    input.type === 'start' || input.type === 'incoming' || (input.type === 'welcome' && input.calls.length > 0)

  function dispatch(input: Input): void {
    if (engine) return engine.dispatch(input)
    if (waiting.length === 0 && !begins(input)) return
    waiting.push(input)
    ready().catch(() => {})
  }

  function onWelcome(calls: Call[], epochChanged: boolean): void {
    running.value = knowAll(calls)
    dispatch({ type: 'welcome', calls, epochChanged, now: Date.now() })
  }
  /** A live call as it is now, or one that ended. */
  function onCall(input: Input & { call: Call }): void {
    running.value = know(running.value, input.call)
    dispatch(input)
  }
  function onStopped(id: Id, reason: 'answeredElsewhere' | 'declinedElsewhere' | 'ended'): void {
    if (reason === 'ended') running.value = Object.fromEntries(Object.entries(running.value).filter(([known]) => known !== id))
    dispatch({ type: 'ringStopped', call: id, reason })
  }
  const isLive = (id: Id): boolean => callOf(state.value)?.id === id && state.value.phase !== 'ended'
  function onSlots(id: Id, said: Slot[]): void {
    if (isLive(id)) slots.value = said
  }
  function onSpeaking(id: Id, users: Id[]): void {
    if (isLive(id)) speaking.value = users
  }
  /** The call of a conversation that goes on without this tab. */
  function offer(conversation: Id) {
    const current = state.value.phase === 'ended' ? null : (callOf(state.value)?.id ?? null)
    return offerIn(running.value, conversation, current, useSession().user?.id ?? '', useConnection().device)
  }

  const sign = (conversation: Id) => signOf(running.value, missed.value, conversation)

  function onQuality(id: Id, legs: HopQuality[]): void {
    if (isLive(id)) quality.value = legs
  }

  function onMissed(said: MissedCalls): void {
    missed.value = said
  }
  /** They were looked at: all of them, or those of a conversation. */
  async function sawMissed(conversation?: Id): Promise<void> {
    const some = conversation ? missed.value.conversations.some((one) => one.conversation === conversation) : missed.value.count > 0
    if (!some) return
    const answer = await rest.missedSeen(conversation)
    if (answer.ok) missed.value = answer.value
  }

  /** Lets go of everything here and tells nobody: the call is another tab's now. */
  function abandon(): void {
    const id = callOf(state.value)?.id
    if (id) dispatch({ type: 'gone', call: id, elsewhere: true })
  }

  const start = async (conversation: Id): Promise<void> => (await ready()).start(conversation)
  const join = async (joined: Call): Promise<void> => (await ready()).join(joined)
  const accept = async (): Promise<void> => (await ready()).accept()
  const useInput = async (id: string): Promise<void> => (await ready()).useInput(id)
  const useOutput = async (id: string): Promise<void> => (await ready()).useOutput(id)
  const levels = () => engine?.levels() ?? { mine: 0, heard: null, talking: false, byUser: {} }
  const tend = async <T>(work: (engine: Engine) => T): Promise<T> => work(await ready())

  return {
    state, stage, call, peerUser, hearing, cause, quality, path, slots, speaking, running, whole, news, clock, endings, missed,
    ready, dispatch, onWelcome, onCall, onStopped, onSlots, onSpeaking, onQuality, onMissed, sawMissed, offer, sign,
    start, join, accept, abandon, useInput, useOutput, levels, tend,
  }
})
