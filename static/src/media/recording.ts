// A few seconds of one's own voice, as the others would hear it, and back. Nothing leaves the browser.
import { devices } from './devices'

const MOST_MS = 5000

/** Records what is sent; resolves with the sound once it is stopped, or after five seconds. Null: this browser cannot. */
export function record(track: MediaStreamTrack): { stop(): void; sound: Promise<Blob | null> } {
  if (!('MediaRecorder' in globalThis)) return { stop: () => {}, sound: Promise.resolve(null) }
  const recorder = new MediaRecorder(new MediaStream([track]))
  const parts: Blob[] = []
  const sound = new Promise<Blob | null>((done) => {
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.onstop = () => done(parts.length > 0 ? new Blob(parts, { type: recorder.mimeType }) : null)
    recorder.onerror = () => done(null)
  })
  recorder.start()
  const stop = () => recorder.state !== 'inactive' && recorder.stop()
  setTimeout(stop, MOST_MS)
  return { stop, sound }
}

/** Plays on the chosen output, to the end. Rejects where it cannot be played. */
export async function replay(sound: Blob): Promise<void> {
  const element = new Audio(URL.createObjectURL(sound))
  if ('setSinkId' in element && devices.output) await element.setSinkId(devices.output).catch(() => {})
  const over = new Promise<void>((done, fail) => {
    element.onended = () => done()
    element.onerror = () => fail(new Error('cannot be played'))
  })
  try {
    await Promise.all([element.play(), over])
  } finally {
    URL.revokeObjectURL(element.src)
  }
}

/**
 * Three rising notes on the chosen output: through an element, since only those can be sent to another output everywhere.
 * Rejects where it cannot be played.
 */
export async function testSound(): Promise<void> {
  const context = new AudioContext()
  await context.resume()
  const out = context.createMediaStreamDestination()
  const element = new Audio()
  element.srcObject = out.stream
  if ('setSinkId' in element && devices.output) await element.setSinkId(devices.output).catch(() => {})
  try {
    await element.play()
  } catch (error) {
    await context.close()
    throw error
  }
  const last = [523.3, 659.3, 784].map((hz, n) => {
    const at = context.currentTime + 0.1 + n * 0.28
    const oscillator = new OscillatorNode(context, { frequency: hz })
    const envelope = new GainNode(context, { gain: 0 })
    envelope.gain.setValueAtTime(0, at)
    envelope.gain.linearRampToValueAtTime(0.25, at + 0.03)
    envelope.gain.setTargetAtTime(0, at + 0.2, 0.12)
    oscillator.connect(envelope).connect(out)
    oscillator.start(at)
    oscillator.stop(at + 0.9)
    return oscillator
  }).at(-1)
  await new Promise<void>((done) => last ? (last.onended = () => done()) : done())
  element.srcObject = null
  await context.close()
}
