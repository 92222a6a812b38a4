// Times as people read them, in the page's language.

const FORMATS = {
  time: { hour: 'numeric', minute: '2-digit' },
  weekday: { weekday: 'long' },
  shortWeekday: { weekday: 'short' },
  day: { day: 'numeric', month: 'long' },
  dayAndYear: { day: 'numeric', month: 'long', year: 'numeric' },
  shortDay: { day: 'numeric', month: 'numeric', year: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** Making one takes a thousand times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>()
function format(locale: string, kind: keyof typeof FORMATS): Intl.DateTimeFormat {
  const key = locale + kind
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, FORMATS[kind])
  formats.set(key, known)
  return known
}

const daysBetween = (a: Date, b: Date): number =>
  Math.round((new Date(b).setHours(0, 0, 0, 0) - new Date(a).setHours(0, 0, 0, 0)) / 86_400_000)

/** The day that was asked for last, from midnight to midnight (ms): neighbours in a history mostly share one. */
let day = { from: 0, to: 0 }
const within = (at: number): boolean => at >= day.from && at < day.to

export function isNewDay(at: string, before: string | undefined): boolean {
  if (before === undefined) return true
  const [time, timeBefore] = [Date.parse(at), Date.parse(before)]
  if (!within(time)) {
    const midnight = new Date(time)
    const from = midnight.setHours(0, 0, 0, 0)
    day = { from, to: midnight.setDate(midnight.getDate() + 1) }
  }
  return !within(timeBefore)
}

export const timeOf = (at: string, locale: string): string =>
  format(locale, 'time').format(new Date(at))

const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)

/** "Today", "Yesterday", "Monday", else the date. */
export function dayOf(at: string, locale: string, now = new Date()): string {
  const date = new Date(at)
  const days = daysBetween(date, now)
  if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day'))
  if (days > 1 && days < 7) return format(locale, 'weekday').format(date)
  return format(locale, date.getFullYear() === now.getFullYear() ? 'day' : 'dayAndYear').format(date)
}

/** For a list: the time today, else the day, short. */
export function shortWhen(at: string, locale: string, now = new Date()): string {
  const date = new Date(at)
  const days = daysBetween(date, now)
  if (days === 0) return timeOf(at, locale)
  if (days > 0 && days < 7) return format(locale, 'shortWeekday').format(date)
  return format(locale, 'shortDay').format(date)
}

/** 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
