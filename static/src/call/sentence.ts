// What to say about how a call ended: a sentence, and what to do about it where something can be done; and of whom whose
// microphone is off. Pure.
import { clock } from '../chat/days'
import type { Call, Id, Problem } from '../protocol'
import type { Participant } from './people'
import type { DeviceNews, Outcome, OutcomeKey } from './types'

type Translate = (key: string, values?: Record<string, unknown>) => string
type TranslateCount = (key: string, values: Record<string, unknown>, count: number) => string
const MIC: readonly OutcomeKey[] = ['micDenied', 'micMissing', 'micBusy', 'micInsecure']
/** What is said otherwise of a group, whose `name` is nobody's. */
const OF_GROUPS: readonly OutcomeKey[] = ['noAnswer', 'unreachable', 'declined', 'busy', 'doNotDisturb', 'missed', 'vanished', 'theirMicrophone']

/** Which device took over, by name; or that there is no microphone, and what to do. */
export function newsSentence(news: DeviceNews | null, t: Translate): string {
  if (!news) return ''
  if (news.kind === 'none') return news.why === 'micMissing' ? t('call.noMicrophone') : t(`outcome.${news.why}`)
  return t('call.nowUsing', { name: news.label || t(news.kind === 'input' ? 'call.defaultInput' : 'call.defaultOutput') })
}

export const isMicTrouble = (key: OutcomeKey): boolean => MIC.includes(key)

export function outcomeSentence(
  outcome: Outcome,
  call: Call | null,
  name: string,
  t: Translate,
  explain: (problem: Problem) => string,
): string {
  if (outcome.key === 'refused' && outcome.problem) return t('outcome.refusedWhy', { why: explain(outcome.problem) })
  if (outcome.key === 'completed' && call && call.durationSeconds > 0) {
    return t('outcome.completedAfter', { time: clock(call.durationSeconds) })
  }
  const ofGroup = call !== null && call.receiver === null && OF_GROUPS.includes(outcome.key)
  return t(ofGroup ? `outcome.group.${outcome.key}` : `outcome.${outcome.key}`, { name })
}

/** What is said while nobody has answered: of a person, on how many devices it rings; of a group, that it does. */
export function ringingSentence(call: Call, name: string, t: TranslateCount): string {
  const callees = call.legs.filter((leg) => leg.user !== call.caller && leg.leftAt === null)
  const [callee] = callees
  if (!callee) return t('call.waiting', { name }, 1)
  return call.receiver === null || callees.length > 1 ? t('call.ringing', { name }, 1) : t('call.ringsOn', { name, n: callee.ringsOn }, callee.ringsOn)
}

export const outcomeHint = (key: OutcomeKey, t: Translate): string => (isMicTrouble(key) ? t(`outcome.${key}Hint`) : '')

/** Of somebody whose microphone is off: who did that, if it was not he. */
export function mutedSentence({ user, mutedBy }: Pick<Participant, 'user' | 'mutedBy'>, me: Id, nameOf: (user: Id) => string, t: Translate): string {
  if (mutedBy === null) return t(user === me ? 'call.muted' : 'call.person.muted')
  if (mutedBy === me) return t('call.person.mutedByYou')
  return t(user === me ? 'call.mutedBy' : 'call.person.mutedBy', { name: nameOf(mutedBy) })
}

/** The network may be to blame: a test of it would tell. */
export const blamesNetwork = (key: OutcomeKey): boolean => key === 'connectFailed' || key === 'mediaLost'

/** What stays until it is read, and what goes by itself. */
export const staysOpen = ({ key }: Outcome): boolean => isMicTrouble(key) || blamesNetwork(key) || key === 'refused'
