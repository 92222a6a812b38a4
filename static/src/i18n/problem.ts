// A refusal as a sentence: the server's own words where it spoke, ours where no answer came.
import type { Problem } from '../protocol'

type Translate = (key: string, values?: Record<string, unknown> | number) => string

export function sentence(problem: Problem, t: Translate): string {
  if (problem.code === 'offline') return t('error.offline')
  if (problem.code === 'timeout') return t('error.timeout')
  if (problem.code === 'tooMany' && problem.retryAfterMs) return t('error.tooMany', Math.ceil(problem.retryAfterMs / 1000))
  return problem.detail || problem.title || t('error.generic')
}

/** What a field was refused for, if the server said so. */
export const fieldError = (problem: Problem | null, field: string): string =>
  problem?.errors?.find((error) => error.field === field)?.detail ?? ''
