// The sound of a message: two soft notes, synthesised. Where the browser allows no sound before a touch, there is none.
let context: AudioContext | null = null
const NOTES = [{ at: 0, hz: 740 }, { at: 0.09, hz: 988 }]
const GAIN = 0.05

export async function chime(): Promise<void> {
  try {
    context ??= new AudioContext()
    if (context.state === 'suspended') await context.resume()
  } catch {
    return
  }
  for (const { at, hz } of NOTES) {
    const start = context.currentTime + 0.02 + at
    const oscillator = new OscillatorNode(context, { frequency: hz, type: 'sine' })
    const envelope = new GainNode(context, { gain: 0 })
    envelope.gain.setValueAtTime(0, start)
    envelope.gain.linearRampToValueAtTime(GAIN, start + 0.015)
    envelope.gain.setTargetAtTime(0, start + 0.06, 0.07)
    oscillator.connect(envelope).connect(context.destination)
    oscillator.start(start)
    oscillator.stop(start + 0.6)
  }
}
