// The sounds of a call, synthesised: nothing is fetched. Ringing repeats until it is stopped.
type Note = { at: number; hz: number; length: number }

const RING: Note[] = [
  { at: 0, hz: 659.3, length: 0.28 }, { at: 0.16, hz: 830.6, length: 0.28 }, { at: 0.32, hz: 987.8, length: 0.5 },
  { at: 0.95, hz: 659.3, length: 0.28 }, { at: 1.11, hz: 830.6, length: 0.28 }, { at: 1.27, hz: 987.8, length: 0.5 },
]
const RINGBACK: Note[] = [{ at: 0, hz: 425, length: 1 }]
const SOUNDS = {
  incoming: { notes: RING, every: 3200, gain: 0.16 },
  ringback: { notes: RINGBACK, every: 4000, gain: 0.05 },
  connected: { notes: [{ at: 0, hz: 587.3, length: 0.1 }, { at: 0.1, hz: 880, length: 0.16 }], every: 0, gain: 0.08 },
  ended: { notes: [{ at: 0, hz: 523.3, length: 0.12 }, { at: 0.12, hz: 392, length: 0.2 }], every: 0, gain: 0.08 },
  refused: { notes: [0, 0.35, 0.7].map((at) => ({ at, hz: 425, length: 0.2 })), every: 0, gain: 0.06 },
} satisfies Record<string, { notes: Note[]; every: number; gain: number }>

let context: AudioContext | null = null
let timer: ReturnType<typeof setInterval> | undefined
let loop: GainNode | null = null

function play(sound: keyof typeof SOUNDS, into: AudioNode, audio: AudioContext): void {
  const { notes, gain } = SOUNDS[sound]
  for (const note of notes) {
    const oscillator = audio.createOscillator()
    const envelope = audio.createGain()
    const start = audio.currentTime + 0.02 + note.at
    oscillator.frequency.value = note.hz
    envelope.gain.setValueAtTime(0, start)
    envelope.gain.linearRampToValueAtTime(gain, start + 0.02)
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
  const running = sound === 'none' ? null : audio()
  if (sound === 'none' || !running) return
  const out = running.createGain()
  out.connect(running.destination)
  loop = out
  const again = () => running.state === 'running' && play(sound, out, running)
  void running.resume().then(again, () => {})
  timer = setInterval(again, SOUNDS[sound].every)
}

export function tone(sound: 'connected' | 'ended' | 'refused'): void {
  const running = audio()
  if (running?.state === 'running') play(sound, running.destination, running)
}
