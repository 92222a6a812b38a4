// The microphone: asking for it, saying why not, its level. One at a time. What it hears and what is sent are two tracks:
// muting stops the second alone, so that a person can be told that he talks while muted. What is heard while muted
// leaves this file as a number only.
import type { MicTrouble, Permission } from '../call/types'
import type { Suppressor } from './noise'
import type { Noise } from './wishes'

export async function permission(): Promise<Permission> {
  try {
    const status = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return status.state === 'prompt' ? 'unknown' : status.state
  } catch {
    return 'unknown'
  }
}

export function troubleOf(error: unknown): MicTrouble {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'micMissing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'micBusy'
  return 'micDenied'
}

/** Two suppressors after each other harm speech: the browser's is off where ours is on. */
export const wishesFor = (deviceId: string, noise: Noise): MediaTrackConstraints => ({
  echoCancellation: true, autoGainControl: true, noiseSuppression: noise === 'browser',
  ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
})

export interface MicrophoneHandlers {
  /** It was unplugged. */
  onLost(): void
  /** Another track is to be sent in place of the one before. */
  onTrack(track: MediaStreamTrack): void
}

export class Microphone {
  private stream: MediaStream | null = null
  private sent: MediaStreamTrack | null = null
  private context: AudioContext | null = null
  private analyser: AnalyserNode | null = null
  private suppressor: Suppressor | null = null
  private samples = new Float32Array(1024)
  enabled = true
  /** Once what is sent is what will be sent: the suppressor is in its place, or cannot be had. */
  ready: Promise<void> = Promise.resolve()

  constructor(private readonly handlers: MicrophoneHandlers) {}

  /** What is sent. */
  get track(): MediaStreamTrack | null {
    return this.sent
  }
  /** Which device it is, as the browser names it. */
  get device(): string {
    return this.raw?.getSettings().deviceId ?? ''
  }
  get label(): string {
    return this.raw?.label ?? ''
  }
  /** False once it was unplugged, and while none was opened. */
  get live(): boolean {
    return this.raw?.readyState === 'live'
  }
  private get raw(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null
  }

  /** Opens the chosen microphone, or the default one where that is gone. Null is success. */
  async open(deviceId: string, noise: Noise): Promise<MicTrouble | null> {
    if (!navigator.mediaDevices) return 'micInsecure'
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: wishesFor(deviceId, noise) })
      this.close()
      this.stream = stream
      if (this.raw) this.raw.onended = () => this.handlers.onLost()
      this.send(this.raw?.clone() ?? null)
      this.ready = noise === 'strong' ? this.suppress(stream) : Promise.resolve()
      return null
    } catch (error) {
      return troubleOf(error)
    }
  }

  /** Sound flows at once; the suppressor takes its place when it is loaded and runs. */
  private async suppress(stream: MediaStream): Promise<void> {
    const suppressor = await import('./noise').then(({ suppress }) => suppress(stream)).catch(() => null)
    if (!suppressor) return
    if (this.stream !== stream) return suppressor.stop()
    this.suppressor = suppressor
    this.send(suppressor.track)
    this.handlers.onTrack(suppressor.track)
  }

  private send(track: MediaStreamTrack | null): void {
    this.sent?.stop()
    this.sent = track
    if (track) track.enabled = this.enabled
  }

  enable(on: boolean): void {
    this.enabled = on
    if (this.sent) this.sent.enabled = on
  }

  /** What it hears now, 0 to 1, sent or not; null while there is nothing to listen to. */
  heard(): number | null {
    if (!this.stream || !this.live) return null
    if (!this.analyser) this.listen(this.stream)
    if (this.context?.state !== 'running') return null
    this.analyser?.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const value of this.samples) sum += value * value
    return Math.min(1, Math.sqrt(sum / this.samples.length) * 3)
  }

  /** Loudness of what is sent; 0 while it is off. */
  level(): number {
    return this.enabled ? (this.heard() ?? 0) : 0
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
    this.suppressor?.stop()
    this.suppressor = null
    if (this.raw) this.raw.onended = null
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.send(null)
    this.stream = null
  }
}
