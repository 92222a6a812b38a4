// What a call needs beyond its state: the machine, the microphone, the peer connection, speakers and tones. Loaded after
// the first view or with the first call, since most visits to the page have none.
import { watch } from 'vue'
import type { Cause } from '../call/cause'
import { step } from '../call/machine'
import { peerOf } from '../call/outcome'
import { pathOf } from '../call/strength'
import type { CallState, DeviceNews, Effect, Input, MicTrouble, Reply } from '../call/types'
import { devices, choose, refreshDevices } from '../media/devices'
import { Hands } from '../media/hands'
import { Microphone, permission } from '../media/microphone'
import { Peer } from '../media/peer'
import { Plugs } from '../media/plugs'
import { Speakers } from '../media/speakers'
import { ring, tone } from '../media/tones'
import { volumeOf, wishes } from '../media/wishes'
import { onNetworkChange } from '../net/network'
import { rest } from '../net/rest'
import { hasEnded, type Call, type HopQuality, type IceServer, type Id, type PathName, type Result, type Slot } from '../protocol'
import { useChats } from './chats'
import { useConnection } from './connection'
import { useSession } from './session'

/** After the key is let go: the end of a word. */
const TALK_TAIL_MS = 250

/** What the page shows of a call; the store owns it, the engine writes it. */
export interface Shown {
  state: CallState
  endings: number
  hearing: boolean
  cause: Cause
  quality: HopQuality[]
  path: PathName | null
  slots: readonly Slot[]
  speaking: readonly Id[]
  whole: boolean
  /** Which device took over from one that went or came; a new object each time. */
  news: DeviceNews | null
}

export class Engine {
  private readonly microphone = new Microphone({
    onLost: () => void this.plugs.settle(),
    onTrack: (track) => void this.peer?.useMicrophone(track),
  })
  private readonly speakers = new Speakers()
  private readonly plugs = new Plugs(this.microphone, this.speakers, {
    reopen: (id) => this.reopen(id),
    tell: (news) => {
      if (this.inCall) this.shown.news = news
    },
  })
  private readonly hands = new Hands({
    onMute: () => this.dispatch({ type: 'mute', muted: !('muted' in this.shown.state && this.shown.state.muted) }),
    onHangUp: () => this.dispatch({ type: 'hangUp' }),
  })
  private peer: Peer | null = null
  /** The key to talk is held. */
  private talking = false
  private talkEnds: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly shown: Shown) {
    this.speakers.setVolumes((mid) => this.volume(mid))
    watch([() => shown.slots, () => wishes.volumes], () => this.speakers.setVolumes((mid) => this.volume(mid)), { deep: true })
    watch(() => wishes.pushToTalk, () => this.gate())
    watch(() => wishes.noise, () => void this.reopen(devices.input))
    onNetworkChange(() => {
      if (shown.state.phase === 'active' || shown.state.phase === 'outgoing') this.peer?.restart()
    })
  }

  dispatch(input: Input): void {
    const before = this.shown.state
    const context = { me: useSession().user?.id ?? '', device: useConnection().device }
    const { state: next, effects } = step(before, input, context)
    this.shown.state = next
    if (next.phase === 'ended' && before.phase !== 'ended') this.shown.endings += 1
    for (const effect of effects) this.run(effect)
    if (next.phase !== before.phase) this.moved(next)
    if ('muted' in next) this.hands.muted(next.muted)
  }

  /** The call came into another phase: the device's own buttons, and how much of the page it takes. */
  private moved(state: CallState): void {
    const inCall = state.phase === 'outgoing' || state.phase === 'active'
    if (inCall) this.hands.take(useChats().nameOf(peerOf(state.call, useSession().user?.id ?? '')))
    else this.hands.drop()
    if (state.phase === 'starting' || state.phase === 'accepting') this.shown.whole = true
    if (state.phase === 'ended' || state.phase === 'idle') this.shown.whole = false
  }

  async start(conversation: Id): Promise<void> {
    this.dispatch({ type: 'start', conversation, permission: await permission() })
  }
  async join(call: Call): Promise<void> {
    this.dispatch({ type: 'join', call, permission: await permission() })
  }
  async accept(): Promise<void> {
    this.dispatch({ type: 'accept', permission: await permission() })
  }

  private readonly runners: { [K in Effect['do']]: (effect: Extract<Effect, { do: K }>) => void } = {
    askMic: () => void this.askMicrophone(),
    dropMic: () => {
      this.shown.news = null
      this.microphone.close()
      this.microphone.enabled = true
    },
    enableMic: () => this.gate(),
    openPeer: (effect) => this.openPeer(effect.call, effect.ice),
    closePeer: () => this.closePeer(),
    restartIce: () => this.peer?.restart(),
    emitStart: ({ conversation }) => void this.entered('startCall', useConnection().emit('startCall', { conversation })),
    emitAccept: ({ call }) => void this.entered(call, useConnection().emit('acceptCall', { call })),
    emitJoin: ({ call }) => void this.entered(call, useConnection().emit('joinCall', { call })),
    emitReject: ({ call, message }) => void this.reject(call, message),
    emitLeave: ({ call, reason }) => void useConnection().emit('leaveCall', reason ? { call, reason } : { call }),
    emitEnd: ({ call }) => void useConnection().emit('endCall', { call }),
    emitMuted: ({ call, muted }) => void useConnection().emit('setMuted', { call, muted }),
    deafen: ({ on }) => this.speakers.deafen(on),
    ring: ({ sound }) => ring(sound),
    tone: (effect) => tone(effect.tone),
    lookUp: (effect) => void this.lookUp(effect.call),
  }
  private run(effect: Effect): void {
    // As in the machine: the pairing is typed in the map, an index loses it.
    const runner = this.runners[effect.do] as (effect: Effect) => void
    runner(effect)
  }

  /** What is sent: nothing while muted; with push-to-talk nothing but while the key is held. */
  private gate(): void {
    const muted = 'muted' in this.shown.state && this.shown.state.muted
    this.microphone.enable(!muted && (!wishes.pushToTalk || this.talking))
  }
  talk(on: boolean): void {
    clearTimeout(this.talkEnds)
    const set = () => {
      this.talking = on
      this.gate()
    }
    if (on) set()
    else this.talkEnds = setTimeout(set, TALK_TAIL_MS)
  }

  private async askMicrophone(): Promise<void> {
    this.gate()
    const trouble = await this.microphone.open(devices.input, wishes.noise)
    if (trouble) return this.dispatch({ type: 'micRefused', why: trouble })
    void this.plugs.begin()
    await this.peer?.useMicrophone(this.microphone.track)
    this.dispatch({ type: 'micReady' })
  }

  private get inCall(): boolean {
    return !['idle', 'incoming', 'ended'].includes(this.shown.state.phase)
  }
  private async reopen(id: string): Promise<MicTrouble | null> {
    if (!this.microphone.track) return null
    const trouble = await this.microphone.open(id, wishes.noise)
    if (trouble) return trouble
    // The call ended while the browser was asked: nobody may listen on.
    if (!this.inCall) this.microphone.close()
    else await this.peer?.useMicrophone(this.microphone.track)
    return null
  }
  async useInput(id: string): Promise<void> {
    choose('input', id)
    const why = await this.reopen(id)
    this.shown.news = why && !this.microphone.live ? { kind: 'none', why } : null
  }
  async useOutput(id: string): Promise<void> {
    choose('output', id)
    if (this.shown.news?.kind === 'output') this.shown.news = null
    await this.speakers.useOutput(id)
  }
  /** Looks once more for a microphone where there is none. */
  lookForDevices(): Promise<void> {
    return this.plugs.settle()
  }
  /** The microphone after the one that gives no sound; answers its name, or null where there is no other. */
  async nextInput(): Promise<string | null> {
    await refreshDevices()
    // One that was unplugged and is back may bear the same name: it is another one than none.
    const used = this.microphone.live ? this.microphone.device : ''
    const now = devices.inputs.findIndex(({ id }) => id === used)
    const next = devices.inputs[(now + 1) % Math.max(1, devices.inputs.length)]
    if (!next || next.id === used) return null
    await this.useInput(next.id)
    return this.microphone.live ? next.label : null
  }

  private openPeer(id: Id, ice: IceServer[]): void {
    this.closePeer()
    const connection = useConnection()
    const { shown } = this
    const isOurs = () => this.peer === opened
    const opened = new Peer(ice, this.microphone.track, {
      offer: (sdp, restart) =>
        restart
          ? connection.emitInDoubt('mediaOffer', { call: id, sdp })
          : connection.emit('mediaOffer', { call: id, sdp }),
      iceServers: () => connection.emit('iceServers', { call: id }),
      onPath: (path) => {
        if (isOurs()) this.dispatch({ type: 'media', state: path })
      },
      onHearing: (now) => {
        if (isOurs()) shown.hearing = now
      },
      onCause: (cause) => {
        if (isOurs()) shown.cause = cause
      },
      onTrack: (mid, track) => this.speakers.play(mid, track),
      onStats: (stats) => {
        if (isOurs()) shown.path = pathOf(stats)
        if (shown.state.phase === 'active') void connection.emit('callStats', { call: id, ...stats })
      },
      hasSignal: () => connection.connected,
    })
    this.peer = opened
    if ('deaf' in shown.state) this.speakers.deafen(shown.state.deaf !== null)
  }
  private closePeer(): void {
    this.peer?.close()
    this.peer = null
    this.shown.hearing = true
    this.shown.quality = []
    this.shown.path = null
    this.shown.slots = this.shown.speaking = []
    this.speakers.stop()
  }

  private async reject(call: Id, message: Reply | undefined): Promise<void> {
    const answer = await useConnection().emit('rejectCall', message ? { call, message } : { call })
    if (answer.ok && answer.value.message) useChats().onMessage(answer.value.message)
  }

  /** The answer to a start, an accept or a join goes into the machine. */
  private async entered(what: 'startCall' | Id, asked: Promise<Result<{ call: Call; iceServers: IceServer[] }>>): Promise<void> {
    const answer = await asked
    const now = Date.now()
    if (what === 'startCall') {
      this.dispatch(answer.ok
        ? { type: 'startAck', call: answer.value.call, ice: answer.value.iceServers, now }
        : { type: 'startRefused', problem: answer.problem })
    } else {
      this.dispatch(answer.ok
        ? { type: 'acceptAck', call: answer.value.call, ice: answer.value.iceServers, now }
        : { type: 'acceptRefused', call: what, problem: answer.problem })
    }
  }

  /** A call that the server no longer counts as live: how did it end? */
  private async lookUp(id: Id): Promise<void> {
    const answer = await rest.call(id)
    if (!answer.ok) return this.dispatch({ type: 'gone', call: id })
    if (hasEnded(answer.value)) return this.dispatch({ type: 'ended', call: answer.value })
    this.dispatch({ type: 'welcome', calls: [answer.value], epochChanged: false, now: Date.now() })
  }

  /** Who is heard in a slot; between two, where the server has not said so yet, there is but one. */
  private userOf(mid: string): Id | undefined {
    const said = this.shown.slots.find((slot) => slot.mid === mid)?.user
    if (said || !('call' in this.shown.state) || !this.shown.state.call) return said
    const me = useSession().user?.id ?? ''
    const others = this.shown.state.call.legs.filter((leg) => leg.user !== me)
    return others.length === 1 ? others[0]?.user : undefined
  }
  private volume(mid: string): number {
    const user = this.userOf(mid)
    return user ? volumeOf(user) : 1
  }

  /** How loud this person is as sent, and as his microphone hears him; whether the key to talk is held; how loud the others are. */
  levels(): { mine: number; heard: number | null; talking: boolean; byUser: Record<Id, number> } {
    const byUser: Record<Id, number> = {}
    for (const [mid, level] of Object.entries(this.peer?.levels() ?? {})) {
      const user = this.userOf(mid)
      if (user) byUser[user] = Math.max(byUser[user] ?? 0, level)
    }
    return { mine: this.microphone.level(), heard: this.microphone.heard(), talking: this.talking, byUser }
  }
}

export const createEngine = (shown: Shown): Engine => new Engine(shown)
