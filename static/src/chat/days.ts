// Times as people read them, in the page's language.

/** Making one takes a thousand times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>()
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options)
  formats.set(key, known)
  return known
}

const sameDay = (a: Date, b: Date): boolean =>
  a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate()

const daysBetween = (a: Date, b: Date): number =>
  Math.round((new Date(b).setHours(0, 0, 0, 0) - new Date(a).setHours(0, 0, 0, 0)) / 86_400_000)

export const isNewDay = (at: string, before: string | undefined): boolean =>
  before === undefined || !sameDay(new Date(at), new Date(before))

export const timeOf = (at: string, locale: string): string =>
  format(locale, { hour: 'numeric', minute: '2-digit' }).format(new Date(at))

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)

/** "Today", "Yesterday", "Monday", else the date. */
export function dayOf(at: string, locale: string, now = new Date()): string {
  const date = new Date(at)
  const days = daysBetween(date, now)
  if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day'))
  if (days > 1 && days < 7) return format(locale, { weekday: 'long' }).format(date)
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }
  return format(locale, { day: 'numeric', month: 'long', ...year }).format(date)
}

/** For a list: the time today, else the day, short. */
export function shortWhen(at: string, locale: string, now = new Date()): string {
  const date = new Date(at)
  const days = daysBetween(date, now)
  if (days === 0) return timeOf(at, locale)
  if (days > 0 && days < 7) return format(locale, { weekday: 'short' }).format(date)
  return format(locale, { day: 'numeric', month: 'numeric', year: '2-digit' }).format(date)
}

/** 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
