// The ways to the relay, and how a peer connection is held to one of them: which ICE server it gets, which candidates
// of the answer. Pure.
import type { IceServer, PathName } from '../protocol'

export type Way = PathName
/** The best first. */
export const WAYS: readonly Way[] = ['udp', 'ice-tcp', 'turn-tcp', 'turn-tls']
export type End = 'first' | 'second'

/** How one way is tried; `absent` is one that the server does not offer. */
export type Plan =
  | { kind: 'direct'; way: Way; transport: 'udp' | 'tcp' }
  | { kind: 'relayed'; way: Way; server: IceServer }
  | { kind: 'absent'; way: Way }

/** What to try, given the servers of this test. */
export function planOf(servers: readonly IceServer[]): Plan[] {
  return [
    { kind: 'direct', way: 'udp', transport: 'udp' },
    { kind: 'direct', way: 'ice-tcp', transport: 'tcp' },
    relayed('turn-tcp', servers, (url) => url.startsWith('turn:') && /[?&]transport=tcp\b/.test(url)),
    relayed('turn-tls', servers, (url) => url.startsWith('turns:')),
  ]
}

function relayed(way: Way, servers: readonly IceServer[], fits: (url: string) => boolean): Plan {
  const server = servers.map((one) => ({ ...one, urls: one.urls.filter(fits) })).find((one) => one.urls.length > 0)
  return server ? { kind: 'relayed', way, server } : { kind: 'absent', way }
}

/** The answer without the candidates of other ways. Over TURN all stay: the tunnel decides, not the candidate. */
export function answerFor(plan: Plan, sdp: string): string {
  if (plan.kind !== 'direct') return sdp
  const lines = sdp.split(/\r?\n/).filter((line) => !line.startsWith('a=candidate:') || transportOf(line) === plan.transport)
  return lines.join('\r\n')
}

/** `a=candidate:FOUNDATION COMPONENT TRANSPORT …` (RFC 8839 5.1). */
const transportOf = (line: string): string => line.split(' ')[2]?.toLowerCase() ?? ''
