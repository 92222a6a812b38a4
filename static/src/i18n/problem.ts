// A refusal as a sentence in the page's language. The server speaks English, and more exactly than a code does: an English
// page gives its words, any other its own by the code, the field and the one number that some refusals carry.
import { i18n } from '.'
import type { Code, FieldError, Problem } from '../protocol'

type Translate = (key: string, values?: Record<string, unknown> | number) => string

/** Refusals that say the same every time, in English too. */
const OURS: readonly Code[] = ['wrongCredentials', 'registrationClosed', 'busy', 'conflict', 'unusableOffer', 'internal', 'unavailable']
/** Codes that stand for several reasons: how the server begins those that a person can act on. */
export const REASONS = {
  disabled: ['forbidden', 'This account was switched off.'],
  invitation: ['forbidden', 'This invitation is used up'],
  owner: ['forbidden', 'This owner link was used'],
  link: ['forbidden', 'This link was used'],
  author: ['forbidden', 'Only who wrote it'],
  blocked: ['conflict', 'You have blocked this person.'],
  lastOwner: ['conflict', "This is the server's last owner."],
  room: ['tooLarge', 'Your files may have'],
} as const satisfies Record<string, readonly [Code, string]>
/** Fields that have a sentence of their own; those of one meaning share it. */
export const FIELDS: Record<string, string> = {
  username: 'username', email: 'email', password: 'password', newPassword: 'password', body: 'body', attachments: 'attachments', content: 'content',
  name: 'name', users: 'users', picture: 'picture', emoji: 'emoji', toUser: 'toUser', q: 'q', note: 'note', maxUses: 'maxUses', expiresInHours: 'expiresInHours',
}
export const TAKEN: readonly string[] = ['username', 'email']

const english = (): boolean => i18n.global.locale.value === 'en'

export function sentence(problem: Problem, t: Translate): string {
  const { code, detail, title, errors, retryAfterMs } = problem
  if (code === 'offline' || code === 'timeout') return t(`error.${code}`)
  if (code === 'tooMany' && retryAfterMs) return t('error.tooMany', Math.ceil(retryAfterMs / 1000))
  const reason = Object.entries(REASONS).find(([, [of, begins]]) => of === code && detail.startsWith(begins))
  if (reason) return english() ? detail : t(`reason.${reason[0]}`)
  if (OURS.includes(code)) return t(`code.${code}`)
  if (english() && (detail || title)) return detail || title
  const [first] = errors ?? []
  if (first) return ofField(code, first, t)
  const bytes = code === 'tooLarge' ? Number(/\d+/.exec(detail)?.[0] ?? 0) : 0
  return bytes ? t('reason.most', { size: size(bytes) }) : t(`code.${code}`)
}

/** In the unit in which somebody thinks of it; to round up would promise too much. */
function size(bytes: number): string {
  const unit = bytes < 1_000_000 ? { unit: 'kilobyte', value: bytes / 1000 } : { unit: 'megabyte', value: bytes / 1_000_000 }
  return new Intl.NumberFormat(i18n.global.locale.value, { style: 'unit', unit: unit.unit }).format(Math.floor(unit.value * 10) / 10)
}

function ofField(code: Code, { field }: FieldError, t: Translate): string {
  if (code === 'taken') return t(TAKEN.includes(field) ? `taken.${field}` : 'code.taken')
  const known = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
  return t(known ? `refused.${known}` : 'code.invalid')
}

/** What a field was refused for, if the server said so. */
export function fieldError(problem: Problem | null, field: string, t: Translate): string {
  const error = problem?.errors?.find((one) => one.field === field)
  if (!problem || !error) return ''
  return english() && error.detail ? error.detail : ofField(problem.code, error, t)
}
