// What a call needs beyond its state: the machine, the microphone, the peer connection, speakers and tones. Loaded after
// the first view or with the first call, since most visits to the page have none.
import { step } from '../call/machine'
import { pathOf } from '../call/strength'
import type { CallState, Effect, Input } from '../call/types'
import { choose, devices, refreshDevices } from '../media/devices'
import { Microphone, permission } from '../media/microphone'
import { Peer } from '../media/peer'
import { Speakers } from '../media/speakers'
import { ring, tone } from '../media/tones'
import { onNetworkChange } from '../net/network'
import { rest } from '../net/rest'
import { hasEnded, type HopQuality, type IceServer, type Id, type PathName } from '../protocol'
import { useConnection } from './connection'
import { useSession } from './session'

/** What the page shows of a call; the store owns it, the engine writes it. */
export interface Shown {
  state: CallState
  endings: number
  hearing: boolean
  quality: HopQuality[]
  path: PathName | null
}

export type Engine = ReturnType<typeof createEngine>

export function createEngine(shown: Shown) {
  const microphone = new Microphone()
  const speakers = new Speakers()
  let peer: Peer | null = null

  function dispatch(input: Input): void {
    const before = shown.state
    const context = { me: useSession().user?.id ?? '', device: useConnection().device }
    const { state: next, effects } = step(before, input, context)
    shown.state = next
    if (next.phase === 'ended' && before.phase !== 'ended') shown.endings += 1
    for (const effect of effects) run(effect)
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
        if (peer === opened) shown.hearing = now
      },
      onTrack: (mid, track) => speakers.play(mid, track),
      onStats: (stats) => {
        if (peer === opened) shown.path = pathOf(stats)
        if (shown.state.phase === 'active') void connection.emit('callStats', { call: id, ...stats })
      },
      hasSignal: () => connection.connected,
    })
    peer = opened
  }
  function closePeer(): void {
    peer?.close()
    peer = null
    shown.hearing = true
    shown.quality = []
    shown.path = null
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
    dispatch({ type: 'welcome', calls: [answer.value], epochChanged: false, now: Date.now() })
  }

  const levels = () => ({ mine: microphone.level(), theirs: peer?.level() ?? 0 })

  onNetworkChange(() => {
    if (shown.state.phase === 'active' || shown.state.phase === 'outgoing') peer?.restart()
  })

  return { dispatch, start, accept, useInput, useOutput, levels }
}
