// Records one's voice: Opus where the browser makes it, what else it makes where not. Knows the microphone and no view.
import type { MicTrouble } from '../call/types'
import { Microphone } from '../media/microphone'
import { wishes } from '../media/wishes'
import { waveformOf } from './waveform'

const SAMPLE_MS = 50
/** An hour is the most that a voice message may last. */
const LONGEST_MS = 3_590_000
const BITS_PER_SECOND = 32_000
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']

export interface Recording { bytes: Blob; durationMs: number; waveform: number[] }

export class Recorder {
  private onLost = () => {}
  private readonly microphone = new Microphone({ onLost: () => this.onLost(), onTrack: () => {} })
  private recorder: MediaRecorder | null = null
  private parts: Blob[] = []
  private timer = 0
  private began = 0
  /** How loud it was, 0 to 1, every 50 ms. */
  readonly levels: number[] = []

  /** Null once it records; `onEnd` when it ends by itself: the microphone is gone, or an hour is full. */
  async start(device: string, onEnd: () => void): Promise<MicTrouble | null> {
    if (!('MediaRecorder' in globalThis)) return 'micInsecure'
    this.onLost = onEnd
    // A recorder keeps the track that it began with, so nothing that is loaded later can take its place.
    const trouble = await this.microphone.open(device, wishes.noise === 'off' ? 'off' : 'browser')
    const track = this.microphone.track
    if (trouble || !track) return trouble ?? 'micMissing'
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
    this.recorder = new MediaRecorder(new MediaStream([track]), { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType ? { mimeType } : {}) })
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data)
    this.recorder.start(1000)
    this.began = performance.now()
    this.timer = window.setInterval(() => {
      this.levels.push(this.microphone.level())
      if (this.elapsedMs > LONGEST_MS) onEnd()
    }, SAMPLE_MS)
    return null
  }

  get elapsedMs(): number {
    return this.recorder ? performance.now() - this.began : 0
  }

  stop(): Promise<Recording> {
    const { recorder } = this
    const durationMs = Math.max(1, Math.round(this.elapsedMs))
    clearInterval(this.timer)
    return new Promise((done) => {
      const finish = () => {
        this.microphone.close()
        const type = recorder?.mimeType.split(';')[0] ?? ''
        done({ bytes: new Blob(this.parts, { type }), durationMs, waveform: waveformOf(this.levels) })
      }
      if (!recorder || recorder.state === 'inactive') return finish()
      recorder.onstop = finish
      recorder.stop()
    })
  }

  cancel(): void {
    clearInterval(this.timer)
    if (this.recorder?.state === 'recording') this.recorder.stop()
    this.microphone.close()
  }
}
