// What somebody chose for the sound of his calls in this browser. Kept in localStorage, read without trusting it.
import { reactive, watch } from 'vue'
import { mayMute, mayPush } from '../call/keys'

const KEY = 'charla.voice'
/** `browser`: the browser's own suppression; `strong`: RNNoise after the browser's echo cancellation. */
export const NOISE = ['off', 'browser', 'strong'] as const
export type Noise = (typeof NOISE)[number]
export interface Wishes {
  noise: Noise
  /** 0 to 1. */
  ring: number
  tones: boolean
  shortcuts: boolean
  pushToTalk: boolean
  pushKey: string
  muteKey: string
  /** How loud somebody is, by user; 1 where nothing was chosen. */
  volumes: Record<string, number>
}
export const DEFAULT_WISHES: Wishes = { noise: 'browser', ring: 0.7, tones: true, shortcuts: true, pushToTalk: false, pushKey: 'KeyT', muteKey: 'm', volumes: {} }

const unit = (value: unknown, otherwise: number): number => (typeof value === 'number' && value >= 0 && value <= 1 ? value : otherwise)

export function readWishes(stored: unknown): Wishes {
  const kept = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>
  const bool = (key: 'tones' | 'shortcuts' | 'pushToTalk'): boolean => (typeof kept[key] === 'boolean' ? kept[key] : DEFAULT_WISHES[key])
  const volumes = Object.entries((kept['volumes'] ?? {}) as Record<string, unknown>).filter(([user]) => /^[0-9a-f]{24}$/.test(user))
  return {
    noise: NOISE.find((known) => known === kept['noise']) ?? DEFAULT_WISHES.noise,
    ring: unit(kept['ring'], DEFAULT_WISHES.ring),
    tones: bool('tones'),
    shortcuts: bool('shortcuts'),
    pushToTalk: bool('pushToTalk'),
    pushKey: typeof kept['pushKey'] === 'string' && mayPush(kept['pushKey']) ? kept['pushKey'] : DEFAULT_WISHES.pushKey,
    muteKey: typeof kept['muteKey'] === 'string' && mayMute(kept['muteKey']) ? kept['muteKey'].toLowerCase() : DEFAULT_WISHES.muteKey,
    volumes: Object.fromEntries(volumes.map(([user, volume]) => [user, unit(volume, 1)])),
  }
}

function load(): Wishes {
  try {
    return readWishes(JSON.parse(localStorage.getItem(KEY) ?? 'null'))
  } catch {
    return readWishes(null)
  }
}
export const wishes = reactive<Wishes>(load())
watch(wishes, (chosen) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen))
  } catch {
    // A full disk: the choice lives as long as the page.
  }
}, { flush: 'sync' })

export const volumeOf = (user: string): number => wishes.volumes[user] ?? 1
