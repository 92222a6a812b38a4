// The call of this tab: runs the pure machine of call/machine.ts, and does what it says to socket, microphone,
// peer connection and speakers.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { IDLE, callOf, step } from '../call/machine'
import { peerOf, stageOf } from '../call/outcome'
import { pathOf } from '../call/strength'
import type { Effect, Input } from '../call/types'
import { choose, devices, refreshDevices } from '../media/devices'
import { Microphone, permission } from '../media/microphone'
import { Peer } from '../media/peer'
import { Speakers } from '../media/speakers'
import { ring, tone } from '../media/tones'
import { onNetworkChange } from '../net/network'
import { rest } from '../net/rest'
import { hasEnded, type Call, type HopQuality, type IceServer, type Id, type PathName } from '../protocol'
import { useConnection } from './connection'
import { useSession } from './session'

export const useCalls = defineStore('calls', () => {
  const state = shallowRef(IDLE)
  /** Rises with every call that ended: the history is stale. */
  const endings = ref(0)
  /** Calls missed since their list was last looked at, on any device. */
  const missed = ref(0)
  /** False while no sound at all comes from the other one, for whatever reason. */
  const hearing = ref(true)
  /** The last five seconds of this tab's call, hop by hop; empty until the server told. */
  const quality = shallowRef<HopQuality[]>([])
  /** The way this tab's sound takes; null until the browser told. */
  const path = ref<PathName | null>(null)
  const microphone = new Microphone()
  const speakers = new Speakers()
  let peer: Peer | null = null

  const stage = computed(() => stageOf(state.value, useConnection().connected))
  const call = computed(() => callOf(state.value))
  const peerUser = computed<Id | null>(() => {
    const me = useSession().user?.id
    return call.value && me ? peerOf(call.value, me) : null
  })

  function dispatch(input: Input): void {
    const before = state.value
    const context = { me: useSession().user?.id ?? '', device: useConnection().device }
    const { state: next, effects } = step(before, input, context)
    state.value = next
    if (next.phase === 'ended' && before.phase !== 'ended') endings.value += 1
    for (const effect of effects) run(effect)
  }

  function onWelcome(calls: Call[], epochChanged: boolean): void {
    dispatch({ type: 'welcome', calls, epochChanged, now: Date.now() })
  }

  function onQuality(id: Id, legs: HopQuality[]): void {
    if (callOf(state.value)?.id === id && state.value.phase !== 'ended') quality.value = legs
  }

  function onMissed(count: number): void {
    missed.value = count
  }

  async function start(conversation: Id): Promise<void> {
    dispatch({ type: 'start', conversation, permission: await permission() })
  }
  async function accept(): Promise<void> {
    dispatch({ type: 'accept', permission: await permission() })
  }

  type Runners = { [K in Effect['do']]: (effect: Extract<Effect, { do: K }>) => void }
  const runners: Runners = {
    askMic: () => void askMicrophone(),
    dropMic: () => {
      microphone.close()
      microphone.enabled = true
    },
    enableMic: ({ on }) => microphone.enable(on),
    openPeer: (effect) => openPeer(effect.call, effect.ice),
    closePeer,
    restartIce: () => peer?.restart(),
    emitStart: (effect) => void emitStart(effect.conversation),
    emitAccept: (effect) => void emitAccept(effect.call),
    emitReject: (effect) => void useConnection().emit('rejectCall', { call: effect.call }),
    emitLeave: (effect) => void useConnection().emit('leaveCall', effect.reason ? { call: effect.call, reason: effect.reason } : { call: effect.call }),
    emitMuted: (effect) => void useConnection().emit('setMuted', { call: effect.call, muted: effect.muted }),
    ring: ({ sound }) => ring(sound),
    tone: (effect) => tone(effect.tone),
    lookUp: (effect) => void lookUp(effect.call),
  }
  function run(effect: Effect): void {
    // As in the machine: the pairing is typed in the map, an index loses it.
    const runner = runners[effect.do] as (effect: Effect) => void
    runner(effect)
  }

  async function askMicrophone(): Promise<void> {
    const trouble = await microphone.open(devices.input, microphoneLost)
    if (trouble) return dispatch({ type: 'micRefused', why: trouble })
    void refreshDevices()
    await peer?.useMicrophone(microphone.track)
    dispatch({ type: 'micReady' })
  }

  /** Unplugged in mid-call: the default one takes over, or there is silence until one is plugged in. */
  function microphoneLost(): void {
    void microphone.open('', microphoneLost).then(() => peer?.useMicrophone(microphone.track))
  }

  async function useInput(id: string): Promise<void> {
    choose('input', id)
    if (!microphone.track) return
    const trouble = await microphone.open(id, microphoneLost)
    if (!trouble) await peer?.useMicrophone(microphone.track)
  }
  async function useOutput(id: string): Promise<void> {
    choose('output', id)
    await speakers.useOutput(id)
  }

  function openPeer(id: Id, ice: IceServer[]): void {
    closePeer()
    void speakers.useOutput(devices.output)
    const connection = useConnection()
    const opened = new Peer(ice, microphone.track, {
      offer: (sdp, restart) =>
        restart
          ? connection.emitInDoubt('mediaOffer', { call: id, sdp })
          : connection.emit('mediaOffer', { call: id, sdp }),
      iceServers: () => connection.emit('iceServers', { call: id }),
      onPath: (path) => {
        if (peer === opened) dispatch({ type: 'media', state: path })
      },
      onHearing: (now) => {
        if (peer === opened) hearing.value = now
      },
      onTrack: (mid, track) => speakers.play(mid, track),
      onStats: (stats) => {
        if (peer === opened) path.value = pathOf(stats)
        if (state.value.phase === 'active') void connection.emit('callStats', { call: id, ...stats })
      },
      hasSignal: () => connection.connected,
    })
    peer = opened
  }
  function closePeer(): void {
    peer?.close()
    peer = null
    hearing.value = true
    quality.value = []
    path.value = null
    speakers.stop()
  }

  async function emitStart(conversation: Id): Promise<void> {
    const answer = await useConnection().emit('startCall', { conversation })
    if (answer.ok) {
      dispatch({ type: 'startAck', call: answer.value.call, ice: answer.value.iceServers, now: Date.now() })
    } else {
      dispatch({ type: 'startRefused', problem: answer.problem })
    }
  }

  async function emitAccept(id: Id): Promise<void> {
    const answer = await useConnection().emit('acceptCall', { call: id })
    if (answer.ok) {
      dispatch({ type: 'acceptAck', call: answer.value.call, ice: answer.value.iceServers, now: Date.now() })
    } else {
      dispatch({ type: 'acceptRefused', call: id, problem: answer.problem })
    }
  }

  /** A call that the server no longer counts as live: how did it end? */
  async function lookUp(id: Id): Promise<void> {
    const answer = await rest.call(id)
    if (!answer.ok) return dispatch({ type: 'gone', call: id })
    if (hasEnded(answer.value)) return dispatch({ type: 'ended', call: answer.value })
    onWelcome([answer.value], false)
  }

  /** Lets go of everything here and tells nobody: the call is another tab's now. */
  function abandon(): void {
    const id = callOf(state.value)?.id
    if (id) dispatch({ type: 'gone', call: id, elsewhere: true })
  }

  const levels = () => ({ mine: microphone.level(), theirs: peer?.level() ?? 0 })

  onNetworkChange(() => {
    if (state.value.phase === 'active' || state.value.phase === 'outgoing') peer?.restart()
  })

  return { state, stage, call, peerUser, hearing, quality, path, endings, missed, dispatch, onWelcome, onQuality, onMissed, start, accept, abandon, useInput, useOutput, levels }
})
