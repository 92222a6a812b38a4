// What somebody said of his calls, the newest fifty, in this browser alone.
import type { Opinion } from '../call/rating'

const KEY = 'charla.opinions'
const MOST = 50

export function opinions(): Opinion[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? (kept as Opinion[]).filter((one) => typeof one?.call === 'string') : []
  } catch {
    return []
  }
}

/** The last word on a call stands. */
export function keepOpinion(opinion: Opinion): void {
  const others = opinions().filter(({ call }) => call !== opinion.call)
  try {
    localStorage.setItem(KEY, JSON.stringify([opinion, ...others].slice(0, MOST)))
  } catch {
    // A full disk: it was said, and is forgotten.
  }
}
