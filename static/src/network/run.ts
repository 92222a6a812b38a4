// Runs a network test: asks the server for one, tries all ways at once, ends it. Knows the socket, no view.
import { useConnection } from '../stores/connection'
import { problem, refused, type Result } from '../protocol'
import type { Input } from './machine'
import { Tone, probe, type CarryOffer } from './probe'
import { planOf } from './ways'

/** Tells what happens as inputs of the machine; ends when every way is decided, or `stop` says so. */
export async function runTest(run: number, tell: (input: Input) => void, stop: AbortSignal): Promise<void> {
  const connection = useConnection()
  const begun = await connection.emit('networkTest', { step: 'start' })
  if (!begun.ok) return tell({ type: 'refused', run, problem: begun.problem })
  const test = begun.value.test ?? ''
  const carry: CarryOffer = async (way, end, sdp) => {
    const answer = await connection.emit('networkTest', { step: 'offer', test, way, peer: end, sdp })
    return answer.ok ? sdpOf(answer.value.sdp) : answer
  }
  const tone = new Tone()
  try {
    const plans = planOf(begun.value.iceServers ?? [])
    await Promise.all(plans.map((plan) => probe(plan, tone.track, carry, (now) => tell({ type: 'way', run, way: plan.way, now }), stop)))
  } finally {
    tone.stop()
    void connection.emit('networkTest', { step: 'stop', test })
  }
}

const sdpOf = (sdp: string | undefined): Result<string> => (sdp ? { ok: true, value: sdp } : refused(problem('internal')))
