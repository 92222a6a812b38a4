// Message text as pieces to show: plain text and links. Never HTML.

export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

const LINK = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/giu
/** Marks that end a sentence rather than an address. */
const TRAILING = /[.,;:!?…»”’]+$/u

function trim(found: string): string {
  let link = found.replace(TRAILING, '')
  // A closing bracket belongs to the address only if it was opened there.
  while (link.endsWith(')') && link.split(')').length > link.split('(').length) {
    link = link.slice(0, -1).replace(TRAILING, '')
  }
  return link
}

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const link = trim(match[0])
    if (!URL.canParse(link)) continue
    if (match.index > end) found.push({ kind: 'text', text: text.slice(end, match.index) })
    found.push({ kind: 'link', text: link, href: new URL(link).href })
    end = match.index + link.length
  }
  if (end < text.length) found.push({ kind: 'text', text: text.slice(end) })
  return found
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean)
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? '?')].slice(0, 2)
  return letters.join('').toLocaleUpperCase()
}

/** One of `count` tones, always the same for one id. */
export function toneOf(id: string, count: number): number {
  let hash = 0
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return hash % count
}
