// The sounds of a call, synthesised: nothing is fetched. Ringing repeats until it is stopped.
import type { Tone } from '../call/types'
import { wishes } from './wishes'

type Note = { at: number; hz: number; length: number }
interface Sound { notes: readonly Note[]; gain: number }

const notes = (length: number, every: number, ...pitches: number[]): Note[] => pitches.map((hz, n) => ({ at: n * every, hz, length }))
const RING: Note[] = [
  { at: 0, hz: 659.3, length: 0.28 }, { at: 0.16, hz: 830.6, length: 0.28 }, { at: 0.32, hz: 987.8, length: 0.5 },
  { at: 0.95, hz: 659.3, length: 0.28 }, { at: 1.11, hz: 830.6, length: 0.28 }, { at: 1.27, hz: 987.8, length: 0.5 },
]
/** Each is another word: rising is good news, falling is an end, one pitch again and again is the telephone's "no". */
export const SOUNDS: Readonly<Record<'incoming' | 'ringback' | Tone, Sound>> = {
  incoming: { notes: RING, gain: 0.22 },
  ringback: { notes: [{ at: 0, hz: 425, length: 1 }], gain: 0.05 },
  connected: { notes: notes(0.12, 0.1, 587.3, 880), gain: 0.08 },
  ended: { notes: notes(0.16, 0.12, 523.3, 392), gain: 0.08 },
  missed: { notes: notes(0.2, 0.16, 493.9, 440, 370), gain: 0.05 },
  declined: { notes: notes(0.22, 0.2, 440, 349.2), gain: 0.07 },
  busy: { notes: notes(0.25, 0.5, 425, 425, 425), gain: 0.06 },
  unanswered: { notes: notes(0.5, 0.6, 425, 340), gain: 0.06 },
  failed: { notes: notes(0.18, 0.22, 370, 311.1, 261.6), gain: 0.07 },
  came: { notes: notes(0.1, 0.09, 659.3, 784), gain: 0.045 },
  went: { notes: notes(0.1, 0.09, 659.3, 523.3), gain: 0.045 },
}
const EVERY_MS = { incoming: 3200, ringback: 4000 } as const

let context: AudioContext | null = null
let timer: ReturnType<typeof setInterval> | undefined
let loop: GainNode | null = null

function play(name: keyof typeof SOUNDS, into: AudioNode, running: AudioContext, volume = 1): void {
  const sound = SOUNDS[name]
  for (const note of sound.notes) {
    const oscillator = running.createOscillator()
    const envelope = running.createGain()
    const start = running.currentTime + 0.02 + note.at
    oscillator.frequency.value = note.hz
    envelope.gain.setValueAtTime(0, start)
    envelope.gain.linearRampToValueAtTime(sound.gain * volume, start + 0.02)
    envelope.gain.setTargetAtTime(0, start + note.length * 0.6, note.length * 0.15)
    oscillator.connect(envelope).connect(into)
    oscillator.start(start)
    oscillator.stop(start + note.length + 0.3)
  }
}

/** Null where there is no audio at all. Before the first gesture the browser keeps it silent; nothing to be done. */
function audio(): AudioContext | null {
  try {
    context ??= new AudioContext()
    if (context.state === 'suspended') void context.resume().catch(() => {})
    return context
  } catch {
    return null
  }
}

export function ring(sound: 'incoming' | 'ringback' | 'none'): void {
  clearInterval(timer)
  loop?.disconnect()
  loop = null
  const volume = sound === 'incoming' ? wishes.ring : wishes.tones ? 1 : 0
  const running = sound === 'none' || volume === 0 ? null : audio()
  if (sound === 'none' || !running) return
  const out = running.createGain()
  out.connect(running.destination)
  loop = out
  const again = () => running.state === 'running' && loop === out && play(sound, out, running, volume)
  void running.resume().then(again, () => {})
  timer = setInterval(again, EVERY_MS[sound])
}

export function tone(sound: Tone): void {
  const running = wishes.tones ? audio() : null
  if (running?.state === 'running') play(sound, running.destination, running)
}

/** One ring, to hear how loud it is. */
export function sampleRing(): void {
  const running = audio()
  void running?.resume().then(() => play('incoming', running.destination, running, wishes.ring), () => {})
}
