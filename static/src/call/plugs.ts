// What to do when microphones and outputs come and go during a call. Pure: what is wished, what is used and what exists
// go in; what to open or where to play comes out.

export interface InputsNow {
  /** The chosen device; empty: whichever the browser takes. */
  wished: string
  /** The device that was opened last. */
  used: string
  /** False once it was unplugged: its track ended. */
  live: boolean
  /** What existed at the look before this one. */
  had: readonly string[]
  exists: readonly string[]
}
export type InputAct = { do: 'keep' } | { do: 'wait' } | { do: 'open'; id: string }

export function inputAct({ wished, used, live, had, exists }: InputsNow): InputAct {
  const there = exists.includes(wished)
  if (!live) return exists.length > 0 ? { do: 'open', id: there ? wished : '' } : { do: 'wait' }
  // Only when it comes back: a browser that gave another one than was wished would be asked again at every change.
  return there && used !== wished && !had.includes(wished) ? { do: 'open', id: wished } : { do: 'keep' }
}

/** Where to play: on the chosen output while it exists, else on the default one, which has no name. */
export const outputFor = (wished: string, exists: readonly string[]): string => (exists.includes(wished) ? wished : '')
