// The microphone: asking for it, saying why not, its level. One at a time.
import type { MicTrouble, Permission } from '../call/types'

export async function permission(): Promise<Permission> {
  try {
    const status = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return status.state === 'prompt' ? 'unknown' : status.state
  } catch {
    return 'unknown'
  }
}

function troubleOf(error: unknown): MicTrouble {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'micMissing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'micBusy'
  return 'micDenied'
}

export class Microphone {
  private stream: MediaStream | null = null
  private context: AudioContext | null = null
  private analyser: AnalyserNode | null = null
  private samples = new Float32Array(256)
  enabled = true

  get track(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null
  }

  /** Opens the chosen microphone, or the default one where that is gone. Null is success. */
  async open(deviceId: string, onLost: () => void): Promise<MicTrouble | null> {
    if (!navigator.mediaDevices) return 'micInsecure'
    const wishes = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: deviceId ? { ...wishes, deviceId: { ideal: deviceId } } : wishes,
      })
      this.close()
      this.stream = stream
      const track = this.track
      if (track) {
        track.enabled = this.enabled
        track.onended = onLost
      }
      return null
    } catch (error) {
      return troubleOf(error)
    }
  }

  enable(on: boolean): void {
    this.enabled = on
    if (this.track) this.track.enabled = on
  }

  /** Loudness now, 0 to 1; 0 while it is off. */
  level(): number {
    if (!this.stream || !this.enabled) return 0
    if (!this.analyser) this.listen(this.stream)
    this.analyser?.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const value of this.samples) sum += value * value
    return Math.min(1, Math.sqrt(sum / this.samples.length) * 3)
  }

  private listen(stream: MediaStream): void {
    this.context = new AudioContext()
    this.analyser = this.context.createAnalyser()
    this.analyser.fftSize = this.samples.length
    this.context.createMediaStreamSource(stream).connect(this.analyser)
  }

  close(): void {
    void this.context?.close()
    this.context = this.analyser = null
    if (this.track) this.track.onended = null
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.stream = null
  }
}
