// What somebody chose for this browser: how to be told of things, which keys do what, whether chats are kept for a time
// without a network. Kept in localStorage; the settings that the account has are in stores/regards.ts.
import { reactive, ref, watch } from 'vue'
import { readBindings, type Bindings } from './keys'

export interface Telling { inPage: boolean; sound: boolean; system: boolean; preview: boolean }
const TELLING = 'charla.telling'
const KEYS = 'charla.keys'
const KEEP = 'charla.keep'

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}
function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // A full disk: the choice lives as long as the page.
  }
}

function readTelling(): Telling {
  const kept = (read(TELLING) ?? {}) as Partial<Record<keyof Telling, unknown>>
  const one = (name: keyof Telling): boolean => kept[name] !== false
  return { inPage: one('inPage'), sound: one('sound'), system: one('system'), preview: one('preview') }
}

export const telling = reactive<Telling>(readTelling())
watch(telling, (chosen) => write(TELLING, chosen), { flush: 'sync' })

export const bindings = reactive<Bindings>(readBindings(read(KEYS)))
watch(bindings, (chosen) => write(KEYS, chosen), { flush: 'sync' })

export const keepChats = ref(read(KEEP) !== false)
watch(keepChats, (chosen) => write(KEEP, chosen), { flush: 'sync' })
