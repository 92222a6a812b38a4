// A found text as a line to show: what was found is marked, what is far from it left out. Pure, and never markup: the
// marks are places in the text.
import type { Mark } from '../protocol'

export interface Piece { text: string; marked: boolean }

/** So many UTF-16 code units are shown before the first mark, and in all. */
const BEFORE = 40
const MOST = 240

/** Not in the middle of a character that takes two units. */
const whole = (text: string, at: number): number => {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at
}

export function snippet(text: string, marks: readonly Mark[]): Piece[] {
  const sorted = marks
    .map(({ start, length }) => ({ start: Math.max(0, start), end: Math.min(text.length, start + length) }))
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start)
  const first = sorted[0]?.start ?? 0
  const from = first > BEFORE * 2 ? whole(text, first - BEFORE) : 0
  const to = Math.min(text.length, Math.max(whole(text, Math.min(text.length, from + MOST)), Math.min(sorted[0]?.end ?? 0, from + MOST)))
  const pieces: Piece[] = []
  const add = (start: number, end: number, marked: boolean) => {
    const piece = text.slice(Math.max(from, start), Math.min(to, end)).replace(/\s+/g, ' ')
    if (piece) pieces.push({ text: piece, marked })
  }
  let at = from
  for (const { start, end } of sorted) {
    // Marks that lie over one another are one.
    if (end <= at) continue
    add(at, start, false)
    add(Math.max(at, start), end, true)
    at = end
  }
  add(at, to, false)
  if (from > 0) pieces.unshift({ text: '… ', marked: false })
  if (to < text.length) pieces.push({ text: ' …', marked: false })
  return pieces
}

/** The whole of a day as the language's own calendar has it, as two moments; `date` is yyyy-mm-dd. */
export function dayBounds(date: string): { from: string; to: string } | null {
  const [year, month, day] = date.split('-').map(Number)
  if (!year || !month || !day) return null
  return { from: new Date(year, month - 1, day).toISOString(), to: new Date(year, month - 1, day + 1).toISOString() }
}
