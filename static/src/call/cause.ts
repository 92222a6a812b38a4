// Why no sound flows yet, as far as a peer connection's statistics tell it: which ways were tried, and which of them the
// server answered. Pure over the entries of `getStats()`.

type Entry = Record<string, unknown> & { type: string }

/** `untried`: there is no such way here, or nothing was sent on it. */
export type Answer = 'untried' | 'silent' | 'answered'
export interface Reach {
  /** Whether the relay's answer to the offer is here: before it there is nothing to try. */
  negotiated: boolean
  /** Connectivity checks straight to the relay. */
  udp: Answer
  tcp: Answer
  /** The server's TURN over TCP or TLS; it answers before anything is heard through it. */
  turn: Answer
  /** A pair of candidates works, and the DTLS handshake on it is not done. */
  handshaking: boolean
}
/** What can be told apart; `unknown` is everything else. */
export type Cause = 'unknown' | 'noSdpAnswer' | 'noUdp' | 'nothingAnswers' | 'noDtls'

const count = (entry: Entry, key: string): number => (typeof entry[key] === 'number' ? (entry[key] as number) : 0)
/** Firefox counts no requests: there the state of the pair tells whether it was tried, and worked. */
const tried = (pair: Entry): boolean => count(pair, 'requestsSent') > 0 || pair['state'] === 'in-progress' || pair['state'] === 'failed'
const works = (pair: Entry): boolean => count(pair, 'responsesReceived') > 0 || pair['state'] === 'succeeded'
const answerOf = (pairs: Entry[]): Answer => (pairs.some(works) ? 'answered' : pairs.some(tried) ? 'silent' : 'untried')

/** A STUN error of these came from the server itself, so it was reached; 701 is the browser's own "not reached". */
const isServersWord = (code: number): boolean => code >= 300 && code < 700

/** `turnErrors`: the codes of the connection's `icecandidateerror` events. */
export function reachOf(entries: readonly Entry[], negotiated: boolean, turnErrors: readonly number[]): Reach {
  const locals = new Map(entries.filter(({ type }) => type === 'local-candidate').map((entry) => [entry['id'], entry]))
  const pairs = entries.filter(({ type }) => type === 'candidate-pair')
  const straight = (protocol: string) =>
    pairs.filter((pair) => {
      const local = locals.get(pair['localCandidateId'])
      return local?.['candidateType'] !== 'relay' && local?.['protocol'] === protocol
    })
  const allocated = [...locals.values()].some((local) => local['candidateType'] === 'relay')
  const dtls = entries.find(({ type }) => type === 'transport')?.['dtlsState']
  return {
    negotiated,
    udp: answerOf(straight('udp')),
    tcp: answerOf(straight('tcp')),
    turn: allocated || turnErrors.some(isServersWord) ? 'answered' : turnErrors.length > 0 ? 'silent' : 'untried',
    handshaking: pairs.some(works) && (dtls === 'connecting' || dtls === 'failed'),
  }
}

export function causeOf({ negotiated, udp, tcp, turn, handshaking }: Reach): Cause {
  if (!negotiated) return 'noSdpAnswer'
  if (handshaking) return 'noDtls'
  const overTcp = [tcp, turn]
  if (udp === 'silent' && overTcp.includes('answered')) return 'noUdp'
  if ([udp, ...overTcp].includes('answered')) return 'unknown'
  return udp === 'silent' || tcp === 'silent' ? 'nothingAnswers' : 'unknown'
}
