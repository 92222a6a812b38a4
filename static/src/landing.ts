// The secrets of links that lead here: in the fragment, which no server sees. They are taken out of the address at once,
// so that no history and no screenshot has them, and kept in memory alone. Pure.
export const LINKS = ['claim', 'invite', 'reset'] as const
/** `claim` makes its user the owner, `invite` opens registration, `reset` sets a password. */
export interface SecretLink { kind: (typeof LINKS)[number]; secret: string }

export function secretOf(hash: string): SecretLink | null {
  const said = new URLSearchParams(hash.replace(/^#/, ''))
  for (const kind of LINKS) {
    const secret = said.get(kind)
    if (secret) return { kind, secret }
  }
  return null
}
