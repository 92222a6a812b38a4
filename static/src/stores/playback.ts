// The one voice message that plays: which, how far, how fast. Films and other sounds on the page stop when it begins,
// and it stops when they do. Knows no view.
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const SPEEDS = [1, 1.5, 2] as const
const KEY = 'charla.speed'

const keptSpeed = (): number => SPEEDS.find((speed) => String(speed) === localStorage.getItem(KEY)) ?? 1

export const usePlayback = defineStore('playback', () => {
  const current = ref<string | null>(null)
  const playing = ref(false)
  /** Seconds from the beginning. */
  const at = ref(0)
  const speed = ref(keptSpeed())
  const failed = ref<string | null>(null)
  let sound: HTMLAudioElement | null = null
  let other: HTMLMediaElement | null = null

  function follow(): void {
    if (!sound || sound.paused) return
    at.value = sound.currentTime
    requestAnimationFrame(follow)
  }

  function element(): HTMLAudioElement {
    if (sound) return sound
    const made = new Audio()
    made.preload = 'auto'
    made.addEventListener('play', () => {
      playing.value = true
      other?.pause()
      follow()
    })
    made.addEventListener('pause', () => (playing.value = false))
    made.addEventListener('ended', () => {
      playing.value = false
      at.value = 0
      made.currentTime = 0
    })
    made.addEventListener('error', () => {
      if (made.getAttribute('src')) failed.value = current.value
      playing.value = false
    })
    document.addEventListener('play', (event) => {
      const media = event.target
      // The voices of a call are streams, and go on.
      if (!(media instanceof HTMLMediaElement) || media.srcObject) return
      if (other !== media) other?.pause()
      other = media
      made.pause()
    }, true)
    return (sound = made)
  }

  /** A recording of a browser says nowhere how long it is; whoever has looked for its end once can go anywhere in it. */
  function measured(of: HTMLAudioElement): Promise<void> {
    return new Promise((done) => {
      const ready = () => {
        if (Number.isFinite(of.duration)) return done()
        of.addEventListener('seeked', () => done(), { once: true })
        of.currentTime = 1e7
      }
      of.addEventListener('error', () => done(), { once: true })
      if (of.readyState > 0) ready()
      else of.addEventListener('loadedmetadata', ready, { once: true })
    })
  }

  async function load(id: string, address: string): Promise<HTMLAudioElement> {
    const made = element()
    if (current.value === id && failed.value !== id) return made
    made.pause()
    failed.value = null
    current.value = id
    at.value = 0
    made.src = address
    made.load()
    await measured(made)
    if (current.value === id) made.currentTime = at.value
    made.playbackRate = speed.value
    return made
  }

  async function toggle(id: string, address: string): Promise<void> {
    if (current.value === id && playing.value) return sound?.pause()
    const made = await load(id, address)
    if (current.value === id) await made.play().catch(() => {})
  }

  /** To a place in seconds; what does not play yet begins there when it is played. */
  async function seek(id: string, address: string, seconds: number): Promise<void> {
    const known = current.value === id
    const loading = load(id, address)
    at.value = seconds
    const made = await loading
    if (current.value === id && known) made.currentTime = seconds
  }

  function faster(): void {
    speed.value = SPEEDS[(SPEEDS.findIndex((one) => one === speed.value) + 1) % SPEEDS.length] ?? 1
    localStorage.setItem(KEY, String(speed.value))
    if (sound) sound.playbackRate = speed.value
  }

  /** Stops what plays; with an id, that one alone. */
  function stop(id?: string): void {
    if (id !== undefined && current.value !== id) return
    sound?.pause()
    sound?.removeAttribute('src')
    current.value = null
    at.value = 0
  }

  return { current, playing, at, speed, failed, toggle, seek, faster, stop }
})
