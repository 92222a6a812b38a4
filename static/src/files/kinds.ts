// What a file looks like before the server has judged it, what a server takes, and how large a file is in words. Pure.
import type { Attachment, Info } from '../protocol'

export const MAX_FILES = 10
export type Limits = NonNullable<Info['files']>

const SHOWN = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif']

/** A guess from the type that the browser tells. What the server finds in the bytes is what counts. */
export function kindOf(mime: string): Attachment['kind'] {
  if (SHOWN.includes(mime)) return 'image'
  if (mime.startsWith('video/')) return 'video'
  if (mime.startsWith('audio/')) return 'audio'
  return 'file'
}

/** Why a server with these limits would not take it; null if it may. Without limits only the server can tell. */
export function refusal(file: { size: number; type: string }, limits: Limits | undefined): 'tooLarge' | 'empty' | 'type' | null {
  if (file.size === 0) return 'empty'
  if (!limits) return null
  if (file.size > limits.maxBytes) return 'tooLarge'
  // A browser does not know every type: then it is for the server to say.
  const taken = !file.type || limits.types.some((known) => known === '*' || known === file.type || (known.endsWith('/*') && file.type.startsWith(known.slice(0, -1))))
  return taken ? null : 'type'
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** 1.2 MB, as the language writes it; steps of 1024, as the limits are set. */
export function sizeOf(bytes: number, locale: string): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return new Intl.NumberFormat(locale, { style: 'unit', unit: UNITS[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 }).format(value)
}

/** The end of a name, to stand on a card; at most five letters. */
export function endingOf(name: string): string {
  const ending = /\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1] ?? ''
  return ending.toLocaleUpperCase()
}

const NAME_BYTES = 200
/** A name that the server takes: one line of at most 200 bytes that keeps its ending. */
export function plainName(name: string): string {
  const line = name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').replace(/^.*[/\\]/, '').trim() || 'file'
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(line)?.[0] ?? ''
  let stem = Array.from(line.slice(0, line.length - ending.length))
  const bytes = (text: string) => new TextEncoder().encode(text).length
  while (stem.length > 1 && bytes(stem.join('') + ending) > NAME_BYTES) stem = stem.slice(0, -1)
  return /^\.*$/.test(stem.join('') + ending) ? 'file' : stem.join('') + ending
}
