// Takes the secret of a link out of the address before anything else looks at it: the router keeps what it sees in the
// history, and so must be made after this.
import { secretOf, type SecretLink } from './landing'

/** The secret of an address's fragment, if it has one; the address has it no more. */
export function take(hash: string): SecretLink | null {
  const link = secretOf(hash)
  // A link to set a password leads to the page for that, wherever it was put after the address.
  if (link) history.replaceState(null, '', link.kind === 'reset' ? '/reset' : location.pathname + location.search)
  return link
}

/** By which link this page was opened. */
export const arrival = take(location.hash)
