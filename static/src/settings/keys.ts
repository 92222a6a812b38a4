// Keyboard shortcuts of the whole page: which keys do what, as text like "Ctrl+K". Pure; knows no DOM and no storage.

/** What a key event says of itself. */
export interface Pressed { key: string; code: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean }
export const ACTIONS = ['search', 'nextChat', 'previousChat', 'goSettings'] as const
export type Action = (typeof ACTIONS)[number]
export type Bindings = Record<Action, string>
export const DEFAULTS: Bindings = { search: 'Ctrl+K', nextChat: 'Alt+ArrowDown', previousChat: 'Alt+ArrowUp', goSettings: 'Ctrl+,' }

const MODIFIERS = ['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Fn', 'Dead', 'Process', 'Unidentified']
const MOVES = /^(?:Arrow(?:Up|Down|Left|Right)|Home|End|PageUp|PageDown)$/

/**
 * The keys of an event as text; null for modifiers alone and for the key that ends every choice, Escape. Command on a
 * Mac counts as Ctrl. With Alt the key is told by its place, since Alt changes what a letter writes.
 */
export function chordOf(event: Pressed): string | null {
  if (MODIFIERS.includes(event.key) || event.key === 'Escape') return null
  const placed = /^(?:Key|Digit)(\w)$/.exec(event.code)?.[1]
  const key = event.altKey && placed ? placed : event.key.length === 1 ? event.key.toUpperCase() : event.key
  const held = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : ''].filter(Boolean)
  return [...held, key === ' ' ? 'Space' : key].join('+')
}

/** Whether a chord may stand for an action: never what writes, moves the caret or the focus. */
export function isUsable(chord: string): boolean {
  const parts = chord.split('+')
  const key = parts.at(-1) ?? ''
  if (/^F\d{1,2}$/.test(key)) return true
  if (!parts.includes('Ctrl') && !parts.includes('Alt')) return false
  return key.length === 1 || (MOVES.test(key) && parts.includes('Alt'))
}

export const actionOf = (bindings: Bindings, chord: string): Action | null =>
  ACTIONS.find((action) => bindings[action] === chord) ?? null

/** Reads what was stored, trusting nothing. */
export function readBindings(stored: unknown): Bindings {
  const source = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>
  const read = (action: Action): string => {
    const chord = source[action]
    return typeof chord === 'string' && isUsable(chord) ? chord : DEFAULTS[action]
  }
  return { search: read('search'), nextChat: read('nextChat'), previousChat: read('previousChat'), goSettings: read('goSettings') }
}

/** As people read it: arrows as arrows, Ctrl as Command on a Mac. */
export function shown(chord: string, mac: boolean): string[] {
  const names: Record<string, string> = {
    ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', ...(mac ? { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' } : {}),
  }
  return chord.split('+').map((part) => names[part] ?? part)
}
