// The emoji to choose from: read from the condensed list, found by words, with the skin tone that somebody likes. Pure.
export interface Emoji {
  /** Without a skin tone. */
  text: string
  name: string
  words: string
  /** From light to dark; empty where there are none. */
  tones: string[]
}

/** As `tools/emoji.mjs` writes it: an emoji a line. */
export const readGroup = (lines: string): Emoji[] =>
  lines.split('\n').map((line) => {
    const [text = '', name = '', words = '', tones = ''] = line.split('|')
    return { text, name, words, tones: tones ? tones.split(' ') : [] }
  })

/** `tone` 0 is none, 1 to 5 from light to dark. */
export const withTone = (emoji: Emoji, tone: number): string => emoji.tones[tone - 1] ?? emoji.text

/** Without case and accents. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** Those that have a word beginning with each of the asked words; whose name begins so first. */
export function find(all: readonly Emoji[], query: string, most = 120): Emoji[] {
  const asked = plain(query).split(/\s+/).filter(Boolean)
  if (asked.length === 0) return []
  const found: { emoji: Emoji; rank: number }[] = []
  for (const emoji of all) {
    const name = plain(emoji.name)
    const words = `${name} ${plain(emoji.words)}`.split(/[\s,:-]+/)
    if (emoji.text !== query.trim() && !asked.every((word) => words.some((known) => known.startsWith(word)))) continue
    found.push({ emoji, rank: name.startsWith(asked.join(' ')) ? 0 : name.split(' ').some((word) => word.startsWith(asked[0] ?? '')) ? 1 : 2 })
  }
  return found.sort((a, b) => a.rank - b.rank).slice(0, most).map(({ emoji }) => emoji)
}

/** Where a key leads in a grid of `columns`, from `at` of `count`; null where it leads nowhere. `back` and `forth` are the keys to the one before and the next, by the way the language runs. */
export function gridStep(key: string, at: number, count: number, columns: number, rightToLeft = false): number | null {
  const [back, forth] = rightToLeft ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight']
  const steps: Record<string, number> = { [back]: at - 1, [forth]: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0, End: count - 1 }
  const next = steps[key]
  if (next === undefined) return null
  // Below the last row that is full: the last one.
  if (key === 'ArrowDown' && next >= count && Math.floor(at / columns) < Math.floor((count - 1) / columns)) return count - 1
  return next < 0 || next >= count ? null : next
}

const MOST_RECENT = 24
/** The last used first, each once. */
export const remember = (recent: readonly string[], used: string): string[] => [used, ...recent.filter((one) => one !== used)].slice(0, MOST_RECENT)
