// Why a call was as it was: what its record tells that a person heard, at both ends. Pure; the words are in
// i18n/history.*.ts, here are their names and what fills their gaps.
import type { Call, Id, Leg } from '../protocol'
import { legOf, peerOf } from './outcome'
import { PATH_NAMES } from './strength'

export interface Finding {
  /** Its key below `why.mine.` or `why.theirs.`. */
  key: 'noSound' | 'slowStart' | 'reconnects' | 'lossUp' | 'lossDown' | 'madeUp' | 'delay' | 'jitter' | 'path'
  whose: 'mine' | 'theirs'
  values: Record<string, number | string>
}

/** What a listener notices: the worst five seconds count, since these are what is remembered. */
const LOSS_PCT = 3
const MADE_UP_PCT = 5
const DELAY_MS = 300
const JITTER_MS = 50
const START_MS = 3000

/** Most telling first. Empty: nothing unusual was measured. */
export function findingsOf(call: Call, me: Id): Finding[] {
  const [mine, theirs] = [legOf(call, me), legOf(call, peerOf(call, me))]
  return [...(mine ? ofLeg(call, mine, 'mine') : []), ...(theirs ? ofLeg(call, theirs, 'theirs') : [])]
}

function ofLeg(call: Call, leg: Leg, whose: Finding['whose']): Finding[] {
  const found: Finding[] = []
  const note = (key: Finding['key'], values: Finding['values'] = {}) => found.push({ key, whose, values })
  if (leg.connectedAt === null) {
    if (call.answerTime !== null) note('noSound')
    return found
  }
  const { up, down, worstRttMs, worstConcealedPct } = leg.quality
  if (leg.reconnects > 0) note('reconnects', { n: leg.reconnects })
  if (up.worstLossPct >= LOSS_PCT) note('lossUp', { loss: up.worstLossPct })
  if (down.worstLossPct >= LOSS_PCT) note('lossDown', { loss: down.worstLossPct })
  if ((worstConcealedPct ?? 0) >= MADE_UP_PCT) note('madeUp', { share: worstConcealedPct ?? 0 })
  if ((worstRttMs ?? 0) >= DELAY_MS) note('delay', { ms: Math.round(worstRttMs ?? 0) })
  const jitterMs = Math.max(up.worstJitterMs, down.worstJitterMs)
  if (jitterMs >= JITTER_MS) note('jitter', { ms: Math.round(jitterMs) })
  const detour = leg.paths.find((path) => path !== 'udp')
  if (detour) note('path', { path: PATH_NAMES[detour] })
  if ((leg.setupMs ?? 0) >= START_MS) note('slowStart', { seconds: Math.round((leg.setupMs ?? 0) / 1000) })
  return found
}
