// A Vite plugin: the emoji of the Unicode standard with their names in a language, as `virtual:emoji-LANGUAGE`. Of
// emojibase's half a megabyte a language it keeps what a picker shows: one line an emoji, of the emoji, its name, its
// words, and its five skin tones if it has them; by group, in the standard's order.
import { createRequire } from 'node:module'

const PREFIX = 'virtual:emoji-'
/** Skin tones by themselves. */
const COMPONENT = 2

function condensed(language) {
  const all = createRequire(import.meta.url)(`emojibase-data/${language}/compact.json`)
  const groups = []
  for (const { unicode, label, tags = [], group, order, skins = [] } of all.sort((a, b) => a.order - b.order)) {
    if (group === undefined || group === COMPONENT || order === undefined) continue
    // Pairs of different tones are left out: five are enough to choose from.
    const tones = skins.map((skin) => skin.unicode).filter((text) => new Set(text.match(/\p{Emoji_Modifier}/gu)).size === 1).slice(0, 5)
    const one = [unicode, label, tags.join(' '), tones.join(' ')].map((part) => part.replaceAll('|', ' ')).join('|')
    ;(groups[group] ??= []).push(one)
  }
  return groups.map((lines) => lines.join('\n')).filter(Boolean)
}

export const emoji = {
  name: 'emoji',
  resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
  load: (id) => (id.startsWith(`\0${PREFIX}`) ? `export default ${JSON.stringify(condensed(id.slice(PREFIX.length + 1)))}` : null),
}
