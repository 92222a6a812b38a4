// How loud a recording is along its length, as few numbers, and those as bars. Pure.

/** So many numbers describe a recording on the wire, each from 0 to 255. */
export const BARS = 64

/** So many bars stand apart from one another even on a phone. */
export const SHOWN = 32

/** The loudest of each stretch, of as many stretches as wished or fewer. */
export function condensed(levels: readonly number[], wished: number): number[] {
  const count = Math.min(wished, levels.length)
  return Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * levels.length) / count)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / count))
    return Math.max(0, ...levels.slice(from, to))
  })
}

/** Loudness over time (0 to 1, any number of values) as at most 64 numbers, in proportion to the loudest of all. */
export function waveformOf(levels: readonly number[]): number[] {
  const peaks = condensed(levels, BARS)
  // What is nearly silent all along stays so.
  const loudest = Math.max(0.05, ...peaks)
  return peaks.map((peak) => Math.round(Math.min(1, peak / loudest) * 255))
}

const HEIGHT = 32
const STEP = 4
export const WAVE_WIDTH = BARS * STEP
export const WAVE_HEIGHT = HEIGHT

/** Upright strokes for the bars `from` up to, without, `to`, as the `d` of an SVG path in a box of WAVE_WIDTH × WAVE_HEIGHT. */
export function strokes(waveform: readonly number[], from: number, to: number): string {
  const bars = waveform.length > 0 ? waveform : Array.from({ length: SHOWN }, () => 0)
  const step = WAVE_WIDTH / bars.length
  return bars
    .slice(from, to)
    .map((value, index) => {
      const half = Math.max(1, (value / 255) * (HEIGHT / 2 - 1.5))
      const x = ((from + index + 0.5) * step).toFixed(1)
      return `M${x} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`
    })
    .join('')
}
