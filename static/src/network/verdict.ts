// What the results mean to a person: one headline, what that does to calls, what to ask the network's administrator
// for. Pure; the words are in i18n/network.*.ts, here are their names and what fills their gaps.
import type { Figures } from './figures'
import type { Ways, WayState } from './machine'
import { WAYS, type Way } from './ways'

/** A sentence: its key below `network.`, and what goes into it. */
export interface Said { key: string; values: Record<string, string | number> }
export type Mood = 'good' | 'fair' | 'bad' | 'unknown'
export interface Verdict {
  mood: Mood
  headline: Said
  /** What it means for calls. */
  meaning: Said[]
  /** What to ask for; empty when there is nothing to ask. */
  asks: Said[]
}
/** Where the server is reached, as an administrator writes it into a rule. */
export interface Place { host: string; port: string }

/** Above these a person hears it (ITU-T G.114 for the delay; loss is what in-band FEC still hides). */
const LOSS_HEARD_PCT = 3
const LOSS_BAD_PCT = 10
const RTT_HEARD_MS = 300
const JITTER_HEARD_MS = 50

const say = (key: string, values: Said['values'] = {}): Said => ({ key, values })
const worked = (state: WayState): Figures | null => (state.step === 'works' ? state.figures : null)
const isBlocked = (state: WayState): boolean => state.step === 'blocked' || state.step === 'silent'

/** The way that a call here would take: the best that works. */
export const bestOf = (ways: Ways): Way | null => WAYS.find((way) => worked(ways[way])) ?? null

export function verdictOf(ways: Ways, place: Place): Verdict {
  const best = bestOf(ways)
  if (best === null) return withoutAny(ways, place)
  const figures = worked(ways[best]) as Figures
  const weak = weaknesses(figures)
  const mood = moodOf(best, figures, weak.length > 0)
  const meaning = [...weak]
  if (best !== 'udp') meaning.push(say(best === 'ice-tcp' ? 'meaning.overTcp' : 'meaning.overTurn'))
  else if (weak.length === 0) meaning.push(say('meaning.good'))
  const spares = WAYS.filter((way) => way !== best && worked(ways[way])).length
  if (best === 'udp') meaning.push(say(spares ? 'meaning.spare' : 'meaning.noSpare'))
  // Where the direct way is open and only the last door is shut, calls lack nothing: it is told, not asked for.
  const onlyTls = best === 'udp' && isBlocked(ways['turn-tls']) && !isBlocked(ways['ice-tcp'])
  if (onlyTls) meaning.push(say('meaning.noTls', { host: place.host, port: place.port }))
  const asks = onlyTls ? [] : asksFor(ways, place)
  if (weak.length > 0 && best === 'udp') asks.push(say('ask.line'))
  return { mood, headline: say(`headline.${headlineOf(best, weak.length > 0)}`), meaning, asks }
}

function headlineOf(best: Way, weak: boolean): string {
  if (best === 'udp') return weak ? 'weak' : 'good'
  return weak ? 'detourWeak' : 'detour'
}

function moodOf(best: Way, figures: Figures, weak: boolean): Mood {
  if (figures.lossPct >= LOSS_BAD_PCT) return 'bad'
  return weak || best !== 'udp' ? 'fair' : 'good'
}

function weaknesses({ lossPct, rttMs, jitterMs }: Figures): Said[] {
  const found: Said[] = []
  if (lossPct >= LOSS_HEARD_PCT) found.push(say(lossPct >= LOSS_BAD_PCT ? 'meaning.lossBad' : 'meaning.loss', { n: lossPct }))
  if (rttMs !== null && rttMs >= RTT_HEARD_MS) found.push(say('meaning.delay', { n: Math.round(rttMs) }))
  if (jitterMs >= JITTER_HEARD_MS) found.push(say('meaning.jitter', { n: Math.round(jitterMs) }))
  return found
}

/** Rules that would open what is shut, the most useful first. */
function asksFor(ways: Ways, place: Place): Said[] {
  const values = { host: place.host, port: place.port }
  const asks: Said[] = []
  if (isBlocked(ways.udp)) asks.push(say('ask.udp', values))
  if (isBlocked(ways['ice-tcp'])) asks.push(say('ask.tcp', values))
  // The page itself came by TLS from this very port: what stops TURN inside TLS opens TLS, or trusts no certificate.
  if (isBlocked(ways['turn-tls'])) asks.push(say(isBlocked(ways['ice-tcp']) ? 'ask.inspection' : 'ask.certificate', values))
  return asks
}

function withoutAny(ways: Ways, place: Place): Verdict {
  const tried = WAYS.filter((way) => isBlocked(ways[way]))
  if (tried.length === 0) return { mood: 'unknown', headline: say('headline.unknown'), meaning: [say('meaning.unknown')], asks: [] }
  return { mood: 'bad', headline: say('headline.none'), meaning: [say('meaning.none')], asks: asksFor(ways, place) }
}

type Translate = (key: string, values?: Record<string, unknown>) => string
type Show = (value: number) => string

/** A sentence with its gaps filled. */
export function sentenceOf({ key, values }: Said, t: Translate, show: Show): string {
  const shown = Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? show(value) : value])
  return t(`network.${key}`, Object.fromEntries(shown))
}

/** One way's result as a line of text. */
export function resultLine(state: WayState, t: Translate, show: Show): string {
  switch (state.step) {
    case 'works': {
      const { rttMs, lossPct, jitterMs, setupMs } = state.figures
      const parts = [t('network.setup', { n: show(setupMs) }), t('network.loss', { n: show(lossPct) }), t('network.jitter', { n: show(jitterMs) })]
      if (rttMs !== null) parts.unshift(t('network.rtt', { n: show(rttMs) }))
      return parts.join(' · ')
    }
    case 'silent':
      return t('network.why.silent')
    case 'blocked':
      return t('network.why.blocked')
    case 'absent':
      return t('network.why.absent')
    case 'untested':
      return t('network.why.untested')
    case 'waiting':
    case 'connecting':
    case 'measuring':
      return t(`network.step.${state.step}`)
  }
}

/** All of it as plain text, to be sent to whoever runs the network. */
export function letterOf(ways: Ways, verdict: Verdict, about: Place & { when: string; browser: string }, t: Translate, show: Show): string {
  const said = (one: Said) => sentenceOf(one, t, show)
  const lines = [t('network.letter.greeting', { host: about.host }), '']
  if (verdict.asks.length > 0) lines.push(t('network.letter.please'), ...verdict.asks.map((ask) => `- ${said(ask)}`), '')
  lines.push(t('network.letter.found', { host: about.host, port: about.port, when: about.when }))
  for (const way of WAYS) {
    const state = ways[way]
    lines.push(`- ${t(`network.way.${way}`)}: ${t(`network.state.${state.step}`)} (${resultLine(state, t, show)})`)
  }
  lines.push('', said(verdict.headline), ...verdict.meaning.map(said), '', t('network.letter.browser', { browser: about.browser }))
  return lines.join('\n')
}
