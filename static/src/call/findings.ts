// Why a call was bad, as one of its two people should be told: the server's findings, by whose end they are at. Pure;
// the words are in i18n/history.*.ts, here are their names and what fills their gaps.
import { clock } from '../chat/days'
import type { CallDetail, Id, Trouble } from '../protocol'
import { legOf } from './outcome'
import { PATH_NAMES } from './strength'

export interface Said {
  /** Its key below `why.mine.` or `why.theirs.`. */
  key: Trouble
  whose: 'mine' | 'theirs'
  /** The worst of it, in the finding's own unit. */
  worst: number
  /** The way that was taken instead of UDP. */
  path: string
  /** When it was, in the time of the call; empty where it was all along. */
  when: string
}

/** The gravest first, as the server has them. Empty: nothing unusual was measured. */
export function findingsOf(call: CallDetail, me: Id): Said[] {
  return call.findings.map(({ user, finding, worst, fromMs, toMs }) => {
    const detour = legOf(call, user)?.paths.find((path) => path !== 'udp')
    const when = toMs > fromMs && finding !== 'notUdp' ? `${clock(fromMs / 1000)} – ${clock(toMs / 1000)}` : ''
    return { key: finding, whose: user === me ? 'mine' : 'theirs', worst: worst ?? 0, path: detour ? PATH_NAMES[detour] : 'TCP', when }
  })
}
