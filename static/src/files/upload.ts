// Takes a file to the server and tells how far it is. Knows XMLHttpRequest, since fetch tells nothing on the way.
import { ok, problem, refused, toProblem, type Attachment, type Problem, type Result } from '../protocol'

/** A line that carries nothing for so long is taken for broken. */
const STALLED_MS = 30_000

export interface Sound { durationMs: number; waveform: number[] }

export function upload(bytes: Blob, name: string, sound: Sound | null, onProgress: (share: number) => void, stop: AbortSignal): Promise<Result<Attachment>> {
  const query = new URLSearchParams({ name })
  if (sound) {
    query.set('durationMs', String(sound.durationMs))
    query.set('waveform', sound.waveform.join(','))
  }
  let watch = 0
  const sent = new Promise<Result<Attachment>>((done) => {
    const request = new XMLHttpRequest()
    let answer: Result<Attachment> = refused(problem('offline'))
    const alive = () => {
      clearTimeout(watch)
      watch = window.setTimeout(() => request.abort(), STALLED_MS)
    }
    request.open('POST', `/api/v1/files?${query}`)
    request.setRequestHeader('X-Charla-Csrf', '1')
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.responseType = 'json'
    request.upload.onprogress = (event) => {
      alive()
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onload = () => (answer = request.status === 201 ? ok(request.response as Attachment) : refused(refusalOf(request)))
    request.onloadend = () => done(stop.aborted ? refused(problem('conflict')) : answer)
    stop.addEventListener('abort', () => request.abort(), { once: true })
    alive()
    request.send(bytes)
  })
  return sent.finally(() => clearTimeout(watch))
}

function refusalOf(request: XMLHttpRequest): Problem {
  const why = toProblem(request.response)
  const later = Number(request.getResponseHeader('Retry-After'))
  return later > 0 && why.retryAfterMs === undefined ? { ...why, retryAfterMs: later * 1000 } : why
}

export const fileAddress = (id: string): string => `/api/v1/files/${id}`
