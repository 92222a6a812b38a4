// Tries one way with two real peer connections that hear each other over it, and measures. Knows the browser's media,
// no view; carries an offer only through the function it is given.
import type { Problem, Result } from '../protocol'
import { figuresOf, readingOf, type Entry, type Reading } from './figures'
import type { WayState } from './machine'
import { answerFor, type End, type Plan, type Way } from './ways'

/** A way that is not up by then is blocked as far as a caller can tell. */
export const CONNECT_MS = 10_000
const MEASURE_MS = 5000
/** How long the first sound may take once the way is up. */
const FIRST_SOUND_MS = 3000
const LOOK_MS = 100

export type CarryOffer = (way: Way, end: End, sdp: string) => Promise<Result<string>>
type Tell = (now: WayState) => void

/** Tries one way and tells how far it is; ends with a state that is over. */
export async function probe(plan: Plan, tone: MediaStreamTrack, carry: CarryOffer, tell: Tell, stop: AbortSignal): Promise<void> {
  if (plan.kind === 'absent') return tell({ step: 'absent' })
  const ends = (['first', 'second'] as const).map((end) => ({ end, pc: connection(plan, tone) }))
  const pcs = ends.map(({ pc }) => pc)
  try {
    tell({ step: 'connecting' })
    const begun = performance.now()
    const refusals = await Promise.all(ends.map(({ end, pc }) => negotiate(pc, plan, (sdp) => carry(plan.way, end, sdp))))
    const refusal = refusals.find((one) => one !== null)
    if (refusal) return tell({ step: 'untested', problem: refusal })
    const up = await until(() => pcs.every((pc) => pc.connectionState === 'connected'), CONNECT_MS, stop, () => pcs.some((pc) => pc.connectionState === 'failed'))
    if (!up) return tell({ step: 'blocked' })
    const setupMs = performance.now() - begun
    tell({ step: 'measuring', setupMs })
    tell(await measure(pcs, setupMs, stop))
  } catch {
    // The browser cannot do it (an odd setting, an extension): that is not the network's doing.
    tell({ step: 'untested', problem: null })
  } finally {
    for (const pc of pcs) pc.close()
  }
}

function connection(plan: Plan, tone: MediaStreamTrack): RTCPeerConnection {
  const way: RTCConfiguration = plan.kind === 'relayed' ? { iceServers: [plan.server], iceTransportPolicy: 'relay' } : {}
  const pc = new RTCPeerConnection({ ...way, bundlePolicy: 'max-bundle' })
  pc.addTransceiver(tone, { direction: 'sendonly' })
  pc.addTransceiver('audio', { direction: 'recvonly' })
  return pc
}

async function negotiate(pc: RTCPeerConnection, plan: Plan, carry: (sdp: string) => Promise<Result<string>>): Promise<Problem | null> {
  await pc.setLocalDescription(await pc.createOffer())
  const answer = await carry(pc.localDescription?.sdp ?? '')
  if (!answer.ok) return answer.problem
  await pc.setRemoteDescription({ type: 'answer', sdp: answerFor(plan, answer.value) })
  return null
}

async function measure(pcs: RTCPeerConnection[], setupMs: number, stop: AbortSignal): Promise<WayState> {
  let before = await read(pcs)
  const heard = async () => {
    before = await read(pcs)
    return before.every((end) => end.received > 0)
  }
  if (!(await until(heard, FIRST_SOUND_MS, stop))) return { step: 'silent', setupMs }
  await until(() => false, MEASURE_MS, stop)
  return { step: 'works', figures: figuresOf(setupMs, before, await read(pcs)) }
}

const read = (pcs: RTCPeerConnection[]): Promise<Reading[]> =>
  Promise.all(pcs.map(async (pc) => readingOf([...(await pc.getStats()).values()] as Entry[])))

/** Waits for a condition, at most `ms`; false if it did not come about, or never will. */
async function until(condition: () => boolean | Promise<boolean>, ms: number, stop: AbortSignal, hopeless = () => false): Promise<boolean> {
  const end = performance.now() + ms
  for (;;) {
    if (await condition()) return true
    if (stop.aborted || hopeless() || performance.now() >= end) return false
    await new Promise((resume) => setTimeout(resume, LOOK_MS))
  }
}

/** A tone to send: no microphone is asked for, and nobody hears it. */
export class Tone {
  private readonly context = new AudioContext()
  private readonly oscillator = this.context.createOscillator()
  readonly track: MediaStreamTrack

  constructor() {
    const quiet = this.context.createGain()
    quiet.gain.value = 0.05
    const out = this.context.createMediaStreamDestination()
    this.oscillator.connect(quiet).connect(out)
    this.oscillator.start()
    // A page that was loaded with the test in its address has seen no gesture yet: then it may stay silent.
    void this.context.resume()
    this.track = out.stream.getAudioTracks()[0] as MediaStreamTrack
  }

  stop(): void {
    this.oscillator.stop()
    this.track.stop()
    void this.context.close()
  }
}
