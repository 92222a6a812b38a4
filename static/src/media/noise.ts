// RNNoise between the microphone and what is sent: a worklet and its WebAssembly, both served by us, loaded when wanted.
import { RnnoiseWorkletNode, loadRnnoise } from '@sapphi-red/web-noise-suppressor'
import plainUrl from '@sapphi-red/web-noise-suppressor/rnnoise.wasm?url'
// The linter looks into the file; what `?url` gives is its address.
// oxlint-disable-next-line import/default
import workletUrl from '@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url'
import simdUrl from '@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url'

/** What RNNoise was trained for. */
const RATE = 48_000
/** A browser that lets no sound be processed before a touch is given this long. */
const START_MS = 3000

export interface Suppressor {
  track: MediaStreamTrack
  stop(): void
}

/** The stream's sound without its noise. Rejects where the browser cannot; then what was sent before goes on. */
export async function suppress(stream: MediaStream): Promise<Suppressor> {
  const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' })
  try {
    const [wasmBinary] = await Promise.all([loadRnnoise({ url: plainUrl, simdUrl }), context.audioWorklet.addModule(workletUrl), running(context)])
    const node = new RnnoiseWorkletNode(context, { maxChannels: 1, wasmBinary })
    // Of a microphone with two channels the processor fills one, and leaves the other silent: mixed into one afterwards,
    // the voice would be half as loud.
    node.channelCount = 1
    node.channelCountMode = 'explicit'
    const out = context.createMediaStreamDestination()
    out.channelCount = 1
    context.createMediaStreamSource(stream).connect(node).connect(out)
    const [track] = out.stream.getAudioTracks()
    if (!track) throw new Error('no track')
    return {
      track,
      stop: () => {
        node.destroy()
        track.stop()
        void context.close()
      },
    }
  } catch (error) {
    void context.close()
    throw error
  }
}

async function running(context: AudioContext): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('not allowed to run')), START_MS)
  })
  await Promise.race([context.resume(), late]).finally(() => clearTimeout(timer))
}
