// A refusal as a sentence in the page's language; where the server knows more than the kind of it, in its own words.
import type { Code, Problem } from '../protocol'

type Translate = (key: string, values?: Record<string, unknown> | number) => string

/** Refusals that say the same every time. */
const OURS: readonly Code[] = ['wrongCredentials', 'registrationClosed', 'busy', 'conflict', 'unusableOffer', 'internal', 'unavailable']

export function sentence(problem: Problem, t: Translate): string {
  if (problem.code === 'offline' || problem.code === 'timeout') return t(`error.${problem.code}`)
  if (problem.code === 'tooMany' && problem.retryAfterMs) return t('error.tooMany', Math.ceil(problem.retryAfterMs / 1000))
  if (OURS.includes(problem.code)) return t(`code.${problem.code}`)
  return problem.detail || problem.title || t('error.generic')
}

/** What a field was refused for, if the server said so. */
export const fieldError = (problem: Problem | null, field: string): string =>
  problem?.errors?.find((error) => error.field === field)?.detail ?? ''
