// A message's text as what is to be shown: paragraphs, quotes, lists, code; in them emphasis, code and links. Never
// HTML: what is not one of these is text. Pure. Whatever the text, parsing takes time in proportion to its length at
// most squared, and a message has 4096 bytes.

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'strong' | 'em' | 'strike'; parts: Inline[] }
export type Block =
  | { kind: 'paragraph' | 'quote'; parts: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; start: number | null; items: Inline[][] }

const MAX_DEPTH = 4
const ADDRESS = String.raw`https?:\/\/[^\s<>"'` + '`' + String.raw`{}|\\^]+`
/** In this order: code, a named link, a bare link, bold, struck out, italic with stars, italic with underscores. */
const INLINE = new RegExp(
  [
    '(?<ticks>`+)(?<code>[^`]|[^`].*?[^`])\\k<ticks>(?!`)',
    String.raw`\[(?<label>[^\[\]\n]{1,200})\]\((?<target>${ADDRESS})\)`,
    String.raw`\b(?<bare>${ADDRESS})`,
    String.raw`\*\*(?=\S)(?<strong>.*?\S)\*\*`,
    '~~(?=\\S)(?<strike>.*?\\S)~~',
    String.raw`(?<![\p{L}\p{N}*])\*(?=[^\s*])(?<star>[^*\n]*?[^\s*])\*(?![\p{L}\p{N}*])`,
    String.raw`(?<![\p{L}\p{N}_])_(?=[^\s_])(?<under>[^\n]*?[^\s_])_(?![\p{L}\p{N}_])`,
  ].join('|'),
  'gisu',
)
/** Marks that end a sentence rather than an address. */
const TRAILING = /[.,;:!?*~…»”’]+$/u

function trim(found: string): string {
  let link = found.replace(TRAILING, '')
  // A closing bracket belongs to the address only if it was opened there.
  while (link.endsWith(')') && link.split(')').length > link.split('(').length) {
    link = link.slice(0, -1).replace(TRAILING, '')
  }
  return link
}

/** An address that may be followed: http and https alone, nothing that runs. */
export function safeAddress(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
}

/** What one find becomes, and how much of the text it took; null if it is text after all. */
function understand(groups: Record<string, string | undefined>, whole: string, depth: number): { part: Inline; length: number } | null {
  const { code, label, target, bare, strong, strike, star, under } = groups
  const length = whole.length
  if (code !== undefined) return { part: { kind: 'code', text: code }, length }
  if (label !== undefined && target !== undefined) {
    const href = safeAddress(target)
    return href ? { part: { kind: 'link', text: label, href }, length } : null
  }
  if (bare !== undefined) {
    const text = trim(bare)
    const href = safeAddress(text)
    return href ? { part: { kind: 'link', text, href }, length: text.length } : null
  }
  if (strong !== undefined) return { part: { kind: 'strong', parts: inline(strong, depth + 1) }, length }
  if (strike !== undefined) return { part: { kind: 'strike', parts: inline(strike, depth + 1) }, length }
  return { part: { kind: 'em', parts: inline(star ?? under ?? '', depth + 1) }, length }
}

export function inline(text: string, depth = 0): Inline[] {
  if (depth > MAX_DEPTH) return text ? [{ kind: 'text', text }] : []
  const found: Inline[] = []
  const pattern = new RegExp(INLINE)
  let end = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const understood = understand(match.groups ?? {}, match[0], depth)
    if (!understood) continue
    if (match.index > end) found.push({ kind: 'text', text: text.slice(end, match.index) })
    found.push(understood.part)
    end = pattern.lastIndex = match.index + understood.length
  }
  if (end < text.length) found.push({ kind: 'text', text: text.slice(end) })
  return found
}

const FENCE = /^```[\w+#-]*\s*$/
const QUOTE = /^> ?/
const ITEM = /^(?:[-*•] |(\d{1,4})[.)] )(?=\S)/

type LineKind = 'code' | 'quote' | 'bullets' | 'numbers' | 'paragraph'
function kindOf(line: string): LineKind {
  if (FENCE.test(line)) return 'code'
  if (QUOTE.test(line)) return 'quote'
  const item = ITEM.exec(line)
  if (!item) return 'paragraph'
  return item[1] === undefined ? 'bullets' : 'numbers'
}

export function blocks(text: string): Block[] {
  const lines = text.split('\n')
  const found: Block[] = []
  for (let at = 0; at < lines.length; ) {
    const kind = kindOf(lines[at] ?? '')
    if (kind === 'code') {
      const close = lines.findIndex((line, index) => index > at && line.trimEnd() === '```')
      const end = close < 0 ? lines.length : close
      found.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') })
      at = end + 1
      continue
    }
    let end = at + 1
    while (end < lines.length && kindOf(lines[end] ?? '') === kind) end += 1
    const own = lines.slice(at, end)
    if (kind === 'paragraph') {
      // Empty lines between blocks are the blocks' distance.
      const body = own.join('\n').replace(/^\n+|\n+$/g, '')
      if (body) found.push({ kind, parts: inline(body) })
    } else if (kind === 'quote') found.push({ kind, parts: inline(own.map((line) => line.replace(QUOTE, '')).join('\n')) })
    else {
      const start = kind === 'numbers' ? Number(ITEM.exec(own[0] ?? '')?.[1] ?? 1) : null
      found.push({ kind: 'list', start, items: own.map((line) => inline(line.replace(ITEM, ''))) })
    }
    at = end
  }
  return found
}

const EMOJI = /^(?:\p{Extended_Pictographic}(?:\u{FE0F}|\p{Emoji_Modifier}|\u{200D}\p{Extended_Pictographic})*\s?){1,3}$/u
/** Up to three emoji and nothing else: shown large. */
export const isEmoji = (text: string): boolean => text.length <= 40 && EMOJI.test(text)
