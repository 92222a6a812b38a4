// One peer connection to the relay: a sendonly m-line, eight recvonly slots, negotiated once; restarted when the path
// is lost. Knows how to carry an offer only through the function it is given.
import { causeOf, reachOf, type Cause } from '../call/cause'
import type { CallStats, IceServer, Result } from '../protocol'
import { FLAT, cushion } from './cushion'
import { askForRepeats } from './repeats'
import { fresh, isHealthy, observe, type Recovery, type Seen } from './recovery'
import { arrivals, packetsIn, sample, type Sample } from './stats'

const SLOTS = 8
/** Of the time that a silence may last, as little as can be should pass unseen. */
const TICK_MS = 250
const STATS_EVERY_TICKS = 20
const CUSHION_EVERY_TICKS = 8
/** A connection made anew knows nothing yet: what the one before it found stands until then. */
const EXPLAIN_AFTER_TICKS = 12
const RETRY_OFFER_MS = 3000
/** After half of their hour, ICE servers are asked for anew before they are needed again. */
const RENEW_MS = 1_800_000
/** The other one's sound comes in fifty packets a second, muted or not; none for this long is worth a word. */
const SILENT_MS = 4000

export interface PeerHandlers {
  /** Carries an offer to the relay and brings its answer. A restart means that the network is in doubt. */
  offer(sdp: string, restart: boolean): Promise<Result<{ sdp: string }>>
  /** Fresh ones: those of before open no new way after an hour. */
  iceServers(): Promise<Result<{ iceServers: IceServer[] }>>
  onPath(state: 'up' | 'lost' | 'hopeless'): void
  onTrack(mid: string, track: MediaStreamTrack): void
  onStats(stats: CallStats): void
  /** Whether sound comes in; said when it changes, and not before the first packet. */
  onHearing(hearing: boolean): void
  /** What keeps the sound while none ever flowed; said when it changes. */
  onCause(cause: Cause): void
  hasSignal(): boolean
}

export class Peer {
  private readonly pc: RTCPeerConnection
  private readonly sender: RTCRtpSender
  private readonly timer: ReturnType<typeof setInterval>
  private recovery: Recovery = fresh(performance.now())
  private negotiating = false
  private wanted: 'offer' | 'restart' | null = 'offer'
  private notBefore = 0
  private renewAt: number
  private closed = false
  private wasUp = false
  private ticks = 0
  private looking = false
  private answeredAt: number | null = null
  private heard = { packets: 0, at: 0, now: true }
  private lastSample: Sample | null = null
  private cushion = FLAT
  private cause: Cause | null = null
  private readonly turnErrors: number[] = []

  constructor(iceServers: IceServer[], microphone: MediaStreamTrack | null, private readonly handlers: PeerHandlers) {
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
    this.renewAt = iceServers.length > 0 ? performance.now() + RENEW_MS : 0
    this.sender = this.pc.addTransceiver(microphone ?? 'audio', { direction: 'sendonly' }).sender
    for (let slot = 0; slot < SLOTS; slot++) this.pc.addTransceiver('audio', { direction: 'recvonly' })
    this.pc.ontrack = (event) => handlers.onTrack(event.transceiver.mid ?? '', event.track)
    this.pc.onicecandidateerror = ({ errorCode }) => this.turnErrors.push(errorCode)
    this.pc.onconnectionstatechange = () => this.onChange()
    this.pc.oniceconnectionstatechange = () => this.onChange()
    this.timer = setInterval(() => void this.tick(), TICK_MS)
    void this.negotiate()
  }

  /** Puts a microphone into the waiting sender, or another in its place. No negotiation. */
  async useMicrophone(track: MediaStreamTrack | null): Promise<void> {
    if (!this.closed) await this.sender.replaceTrack(track)
  }

  /** New ICE credentials in a new offer; several wishes at once become one. */
  restart(): void {
    this.wanted = 'restart'
    this.notBefore = 0
    void this.negotiate()
  }

  close(): void {
    this.closed = true
    clearInterval(this.timer)
    this.pc.ontrack = this.pc.onicecandidateerror = this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null
    this.pc.close()
  }

  /** Loudness of what is heard now, 0 to 1, by slot. */
  levels(): Record<string, number> {
    const now = performance.timeOrigin + performance.now()
    const levels: Record<string, number> = {}
    for (const { mid, receiver } of this.pc.getTransceivers()) {
      const source = receiver.getSynchronizationSources()[0]
      // A source stays listed for ten seconds after its last packet.
      if (mid && source && now - source.timestamp < 500) levels[mid] = source.audioLevel ?? 0
    }
    return levels
  }

  private async negotiate(): Promise<void> {
    if (this.negotiating || this.closed || this.wanted === null || !this.handlers.hasSignal()) return
    if (performance.now() < this.notBefore) return
    this.negotiating = true
    const restart = this.wanted === 'restart' && this.pc.currentRemoteDescription !== null
    this.wanted = null
    const outcome = await this.exchange(restart).catch(() => 'refused')
    this.negotiating = false
    if (this.closed) return
    if (outcome !== 'done') {
      this.wanted ??= restart ? 'restart' : 'offer'
      // An offer that did not get through goes out as soon as the socket is back.
      this.notBefore = outcome === 'refused' ? performance.now() + RETRY_OFFER_MS : 0
    } else if (this.wanted !== null) void this.negotiate()
  }

  private async renew(): Promise<void> {
    if (performance.now() < this.renewAt) return
    const fresh = await this.handlers.iceServers()
    // Without them the candidates of the answer are what is left, and the next offer asks again.
    if (this.closed || !fresh.ok) return
    this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: fresh.value.iceServers })
    this.renewAt = performance.now() + RENEW_MS
  }

  private async exchange(restart: boolean): Promise<'done' | 'refused' | 'unreached'> {
    await this.renew()
    if (this.closed) return 'done'
    const offer = await this.pc.createOffer({ iceRestart: restart })
    await this.pc.setLocalDescription(offer)
    const answer = await this.handlers.offer(askForRepeats(offer.sdp ?? ''), restart)
    if (this.closed) return 'done'
    if (!answer.ok) {
      await this.pc.setLocalDescription({ type: 'rollback' })
      return ['offline', 'timeout'].includes(answer.problem.code) ? 'unreached' : 'refused'
    }
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer.value.sdp })
    this.answeredAt = performance.now()
    return 'done'
  }

  private soften(entries: Parameters<typeof cushion>[1]): void {
    const before = this.cushion.targetMs
    this.cushion = cushion(this.cushion, entries, this.lastSample?.stats.rttMs ?? 0, performance.now())
    if (this.cushion.targetMs === before) return
    for (const receiver of this.pc.getReceivers()) {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = this.cushion.targetMs
    }
  }

  private listen(packets: number): void {
    const now = performance.now()
    if (packets !== this.heard.packets) this.heard = { ...this.heard, packets, at: now }
    const hearing = packets === 0 || now - this.heard.at < SILENT_MS
    if (hearing !== this.heard.now) this.handlers.onHearing(hearing)
    this.heard.now = hearing
  }

  private explain(entries: Parameters<typeof reachOf>[0]): void {
    if (this.wasUp || this.ticks < EXPLAIN_AFTER_TICKS) return
    const cause = causeOf(reachOf(entries, this.answeredAt !== null, this.turnErrors))
    if (cause !== this.cause) this.handlers.onCause(cause)
    this.cause = cause
  }

  private path(): Seen['path'] {
    const states = [this.pc.connectionState, this.pc.iceConnectionState]
    if (states.includes('failed')) return 'failed'
    if (states.includes('disconnected')) return 'disconnected'
    this.wasUp ||= this.pc.connectionState === 'connected'
    // "connecting" again, during a restart: the old path still carries sound, or else the sender reports stall.
    return this.wasUp ? 'up' : 'new'
  }

  private onChange(): void {
    this.decide(this.recovery.arrivals)
  }

  private async tick(): Promise<void> {
    // A browser that has much to do answers later than the next tick.
    if (this.looking) return
    this.looking = true
    const report = await this.pc.getStats().finally(() => (this.looking = false))
    if (this.closed) return
    const entries = [...report.values()]
    this.ticks += 1
    if (this.ticks % STATS_EVERY_TICKS === 0) {
      this.lastSample = sample(entries, this.lastSample)
      if (this.path() === 'up') this.handlers.onStats(this.lastSample.stats)
    }
    if (this.ticks % CUSHION_EVERY_TICKS === 0) this.soften(entries)
    this.listen(packetsIn(entries))
    this.explain(entries)
    this.decide(arrivals(entries))
    // An offer that could not be carried waits here for the socket.
    void this.negotiate()
  }

  private decide(arrived: string | null): void {
    const seen: Seen = {
      path: this.path(),
      arrivals: arrived,
      answeredAt: this.answeredAt,
      rttMs: this.lastSample?.stats.rttMs ?? 0,
      signal: this.handlers.hasSignal(),
    }
    const now = performance.now()
    const { next, decision } = observe(this.recovery, seen, now)
    this.recovery = next
    if (seen.path !== 'new') this.handlers.onPath(isHealthy(next, seen, now) ? 'up' : 'lost')
    if (decision === 'restart') this.restart()
    if (decision === 'rebuild') this.handlers.onPath('hopeless')
  }
}
