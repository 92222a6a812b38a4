import { describe, expect, test } from 'vitest'
import { figuresOf, readingOf, type Entry, type Figures } from '../src/network/figures'
import { IDLE, isOver, progressOf, step, type Input, type TestState, type Ways, type WayState } from '../src/network/machine'
import { bestOf, letterOf, resultLine, verdictOf } from '../src/network/verdict'
import { answerFor, planOf, WAYS, type Way } from '../src/network/ways'
import en from '../src/i18n/network.en'

const FINE: Figures = { setupMs: 120, rttMs: 20, lossPct: 0, jitterMs: 2, packets: 500 }
const works = (more: Partial<Figures> = {}): WayState => ({ step: 'works', figures: { ...FINE, ...more } })
const blocked: WayState = { step: 'blocked' }
const all = (state: WayState, more: Partial<Record<Way, WayState>> = {}): Ways => ({
  ...(Object.fromEntries(WAYS.map((way) => [way, state])) as unknown as Ways), ...more,
})
const PLACE = { host: 'chat.example.org', port: '8443' }

describe('the ways', () => {
  const servers = [{ urls: ['turns:chat.example.org:8443', 'turn:chat.example.org:8443?transport=tcp'], username: 'u', credential: 'c' }]

  test('each relayed way gets its one address and the credentials', () => {
    expect(planOf(servers).slice(2)).toEqual([
      { kind: 'relayed', way: 'turn-tcp', server: { urls: ['turn:chat.example.org:8443?transport=tcp'], username: 'u', credential: 'c' } },
      { kind: 'relayed', way: 'turn-tls', server: { urls: ['turns:chat.example.org:8443'], username: 'u', credential: 'c' } },
    ])
  })
  test('a server without TURN has two ways', () => {
    expect(planOf([]).map((plan) => plan.kind)).toEqual(['direct', 'direct', 'absent', 'absent'])
    expect(planOf([{ urls: ['turn:a?transport=udp', 'stun:a'] }])[2]).toEqual({ kind: 'absent', way: 'turn-tcp' })
  })
  test('an answer keeps the candidates of its way alone', () => {
    const udp = 'a=candidate:1 1 udp 2130706431 192.0.2.7 8443 typ host'
    const tcp = 'a=candidate:2 1 TCP 1671430143 192.0.2.7 8443 typ host tcptype passive'
    const sdp = ['v=0', 'a=ice-lite', udp, tcp, 'a=end-of-candidates', ''].join('\r\n')
    const [direct, overTcp, , overTls] = planOf(servers)
    expect(answerFor(direct!, sdp)).toBe(['v=0', 'a=ice-lite', udp, 'a=end-of-candidates', ''].join('\r\n'))
    expect(answerFor(overTcp!, sdp)).toContain(tcp)
    expect(answerFor(overTcp!, sdp)).not.toContain(udp)
    expect(answerFor(overTls!, sdp)).toBe(sdp)
  })
})

describe('the figures', () => {
  const inbound = (received: number, lost: number, jitter: number): Entry => ({ type: 'inbound-rtp', packetsReceived: received, packetsLost: lost, jitter })
  const pair = (count: number, sum: number): Entry => ({ type: 'candidate-pair', nominated: true, state: 'succeeded', responsesReceived: count, totalRoundTripTime: sum, currentRoundTripTime: 0.5 })

  test('count what came between two readings, both ends together', () => {
    const before = [readingOf([inbound(10, 1, 0)]), readingOf([inbound(20, 0, 0)])]
    const after = [readingOf([inbound(108, 3, 0.004), pair(4, 0.1)]), readingOf([inbound(118, 2, 0.0061), pair(6, 0.1)])]
    expect(figuresOf(99.6, before, after)).toEqual({ setupMs: 100, rttMs: 20, lossPct: 2, jitterMs: 6.1, packets: 196 })
  })
  test('packets that came late after all are no loss, and nothing at all is none either', () => {
    expect(figuresOf(1, [readingOf([inbound(0, 5, 0)])], [readingOf([inbound(50, 2, 0)])]).lossPct).toBe(0)
    expect(figuresOf(1, [readingOf([])], [readingOf([])])).toMatchObject({ lossPct: 0, rttMs: null, packets: 0 })
  })
  test('a round trip is found where a browser keeps it', () => {
    const reports: Entry = { type: 'remote-inbound-rtp', roundTripTime: 0.04 }
    expect(figuresOf(1, [readingOf([])], [readingOf([reports])]).rttMs).toBe(40)
    const other: Entry = { type: 'candidate-pair', nominated: false, state: 'succeeded', responsesReceived: 9, totalRoundTripTime: 9 }
    expect(readingOf([other]).roundTrips).toBe(0)
  })
})

describe('a run', () => {
  const play = (inputs: Input[]): TestState => inputs.reduce(step, IDLE)
  const way = (name: Way, now: WayState, run = 1): Input => ({ type: 'way', run, way: name, now })

  test('is done when every way is', () => {
    const upTo = WAYS.slice(0, 3).map((name) => way(name, blocked))
    const begun = play([{ type: 'start', run: 1 }, ...upTo])
    expect(begun.phase).toBe('running')
    expect(step(begun, way('turn-tls', works())).phase).toBe('done')
  })
  test('a way that is decided stays so, and an earlier run says nothing any more', () => {
    const state = play([{ type: 'start', run: 2 }, way('udp', blocked, 2), way('udp', works(), 2), way('ice-tcp', blocked, 1)])
    expect(state).toMatchObject({ ways: { udp: { step: 'blocked' }, 'ice-tcp': { step: 'waiting' } } })
  })
  test('a second press changes nothing while it runs, and begins anew afterwards', () => {
    const running = play([{ type: 'start', run: 1 }, way('udp', { step: 'connecting' })])
    expect(step(running, { type: 'start', run: 2 })).toBe(running)
    const done = WAYS.map((name) => way(name, blocked)).reduce(step, running)
    expect(step(done, { type: 'start', run: 2 })).toMatchObject({ phase: 'running', run: 2, ways: { udp: { step: 'waiting' } } })
  })
  test('a refusal ends it', () => {
    const problem = { code: 'tooMany' as const, title: '', detail: '' }
    expect(play([{ type: 'start', run: 1 }, { type: 'refused', run: 1, problem }])).toEqual({ phase: 'refused', run: 1, problem })
    expect(play([{ type: 'refused', run: 1, problem }])).toBe(IDLE)
    expect(play([{ type: 'start', run: 1 }, { type: 'leave' }])).toBe(IDLE)
  })
  test('progress only rises, from nothing to all', () => {
    const inputs = [{ type: 'start', run: 1 } as Input, ...WAYS.flatMap((name) => [way(name, { step: 'connecting' }), way(name, { step: 'measuring', setupMs: 1 }), way(name, works())])]
    let state: TestState = IDLE
    let before = 0
    for (const input of inputs) {
      state = step(state, input)
      const now = progressOf(state)
      expect(now).toBeGreaterThanOrEqual(before)
      before = now
    }
    expect(before).toBe(1)
  })
})

describe('the verdict', () => {
  const keys = (ways: Ways) => {
    const { mood, headline, meaning, asks } = verdictOf(ways, PLACE)
    return { mood, headline: headline.key, meaning: meaning.map((said) => said.key), asks: asks.map((said) => said.key) }
  }

  test('all open: nothing to ask for', () => {
    expect(keys(all(works()))).toEqual({ mood: 'good', headline: 'headline.good', meaning: ['meaning.good', 'meaning.spare'], asks: [] })
  })
  test('UDP shut: a detour, and the port to ask for', () => {
    expect(keys(all(works(), { udp: blocked }))).toEqual({ mood: 'fair', headline: 'headline.detour', meaning: ['meaning.overTcp'], asks: ['ask.udp'] })
    expect(verdictOf(all(works(), { udp: blocked }), PLACE).asks[0]?.values).toEqual(PLACE)
  })
  test('only what looks like the web: both are asked for', () => {
    expect(keys(all(blocked, { 'turn-tls': works() }))).toMatchObject({ headline: 'headline.detour', meaning: ['meaning.overTurn'], asks: ['ask.udp', 'ask.tcp'] })
  })
  test('nothing open: no calls', () => {
    expect(keys(all(blocked))).toEqual({ mood: 'bad', headline: 'headline.none', meaning: ['meaning.none'], asks: ['ask.udp', 'ask.tcp', 'ask.inspection'] })
    expect(keys(all({ step: 'silent', setupMs: 3 })).headline).toBe('headline.none')
  })
  test('a weak line is said in what a person hears', () => {
    expect(keys(all(works({ lossPct: 4, rttMs: 410.4, jitterMs: 71 })))).toMatchObject({ mood: 'fair', headline: 'headline.weak', meaning: ['meaning.loss', 'meaning.delay', 'meaning.jitter', 'meaning.spare'], asks: ['ask.line'] })
    expect(keys(all(works({ lossPct: 14 })))).toMatchObject({ mood: 'bad', headline: 'headline.weak', meaning: ['meaning.lossBad', 'meaning.spare'] })
    expect(keys(all(works({ rttMs: 400 }), { udp: blocked })).headline).toBe('headline.detourWeak')
  })
  test('what the server does not offer, or could not be tried, is nobody’s fault', () => {
    const absent: WayState = { step: 'absent' }
    expect(keys(all(absent, { udp: works(), 'ice-tcp': works() }))).toMatchObject({ headline: 'headline.good', asks: [] })
    expect(keys(all({ step: 'untested', problem: null }))).toEqual({ mood: 'unknown', headline: 'headline.unknown', meaning: ['meaning.unknown'], asks: [] })
  })
  test('only the TLS tunnel shut: it may be the certificate, and is asked for where it could be needed', () => {
    expect(keys(all(works(), { 'turn-tls': blocked }))).toMatchObject({ mood: 'good', meaning: ['meaning.good', 'meaning.spare', 'meaning.noTls'], asks: [] })
    expect(keys(all(works(), { udp: blocked, 'turn-tls': blocked }))).toMatchObject({ mood: 'fair', asks: ['ask.udp', 'ask.certificate'] })
  })
  test('UDP as the only way is told', () => {
    expect(keys(all(blocked, { udp: works() })).meaning).toContain('meaning.noSpare')
  })

  const STATES: WayState[] = [works(), works({ lossPct: 30 }), blocked, { step: 'silent', setupMs: 1 }, { step: 'absent' }, { step: 'untested', problem: null }]
  test('of every combination there is something to say, in words that exist', () => {
    const tree = en as unknown as Record<string, unknown>
    const text = (key: string) => key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], tree)
    const missing = new Set<string>()
    const t = (key: string) => {
      const found = text(key)
      if (typeof found !== 'string') missing.add(key)
      return String(found)
    }
    for (const udp of STATES) for (const tcp of STATES) for (const turn of STATES) for (const tls of STATES) {
      const ways: Ways = { udp, 'ice-tcp': tcp, 'turn-tcp': turn, 'turn-tls': tls }
      const verdict = verdictOf(ways, PLACE)
      const anyWorks = [udp, tcp, turn, tls].some((one) => one.step === 'works')
      expect(bestOf(ways) !== null).toBe(anyWorks)
      expect(verdict.headline.key === 'headline.none' || verdict.headline.key === 'headline.unknown').toBe(!anyWorks)
      expect(verdict.meaning.length).toBeGreaterThan(0)
      expect(letterOf(ways, verdict, { ...PLACE, when: 'now', browser: 'x' }, t, String).length).toBeGreaterThan(50)
    }
    expect([...missing]).toEqual([])
  })
})

test('the letter says who, what and the figures', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => `${key}(${Object.values(values).join(' ')})`
  const ways = all(works({ lossPct: 1.5 }), { udp: blocked })
  const letter = letterOf(ways, verdictOf(ways, PLACE), { ...PLACE, when: 'today', browser: 'Firefox' }, t, String)
  expect(letter).toContain('- network.ask.udp(chat.example.org 8443)')
  expect(letter).toContain('- network.way.udp(): network.state.blocked() (network.why.blocked())')
  expect(letter).toContain('network.rtt(20) · network.setup(120) · network.loss(1.5)')
  expect(resultLine({ step: 'measuring', setupMs: 1 }, t, String)).toBe('network.step.measuring()')
  expect(isOver({ step: 'silent', setupMs: 1 })).toBe(true)
})
