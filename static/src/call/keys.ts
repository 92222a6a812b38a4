// The keys of a running call: which key does what, and when none does. Pure; knows no DOM.

export interface KeyPress { code: string; key: string; repeat: boolean; modified: boolean }
export interface KeyWishes {
  /** Keys that are one letter can be switched off (WCAG 2.1.4). */
  shortcuts: boolean
  pushToTalk: boolean
  /** `KeyboardEvent.code`: the place on the keyboard, whatever letter it bears. */
  pushKey: string
  /** `KeyboardEvent.key`, in lower case: what it writes, wherever it is. */
  muteKey: string
}
const DEAFENS = 'd'
export type KeyAct = 'mute' | 'deafen' | 'talk'

/** `typing`: the keyboard writes into a field just now. */
export function actOf(press: KeyPress, wishes: KeyWishes, typing: boolean): KeyAct | null {
  if (typing || press.modified) return null
  if (wishes.pushToTalk && press.code === wishes.pushKey) return 'talk'
  if (!wishes.shortcuts || press.repeat) return null
  const key = press.key.toLowerCase()
  return key === wishes.muteKey ? 'mute' : key === DEAFENS ? 'deafen' : null
}

const UNUSABLE = ['Escape', 'Tab', 'Enter', 'NumpadEnter', 'Space', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'MetaLeft', 'MetaRight', 'AltLeft', 'AltRight', '']
/** Whether a key may be the one to talk: none that moves about the page or presses what is focused. */
export const mayPush = (code: string): boolean => !UNUSABLE.includes(code)

/** Whether a key may be the one to mute: one that writes something, or an F key. */
export const mayMute = (key: string): boolean => /^(?:[^\s\p{C}]|f\d{1,2})$/iu.test(key)

export type KeyUse = 'push' | 'mute'
export type Objection = 'unusable' | 'taken'
/** What is against a key for a use, if anything is: that it moves about the page, or does something else in a call. */
export function objectionTo(press: KeyPress, use: KeyUse, wishes: KeyWishes): Objection | null {
  const key = press.key.toLowerCase()
  if (use === 'push') return !mayPush(press.code) ? 'unusable' : key === wishes.muteKey || key === DEAFENS ? 'taken' : null
  if (press.modified || !mayMute(key)) return 'unusable'
  return key === DEAFENS || press.code === wishes.pushKey ? 'taken' : null
}

/** What is written on the key that writes this. */
export const capOf = (key: string): string => (key.length > 1 ? key.toUpperCase() : key.toLocaleUpperCase())

/** A key's name as people know it; `key` is what it wrote when it was chosen. */
export function keyName(code: string): string {
  const plain = /^(?:Key|Digit)(.)$/.exec(code)
  if (plain) return plain[1] ?? code
  return code.replace(/([a-z])([A-Z0-9])/g, '$1 $2')
}
