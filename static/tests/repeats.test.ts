import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { askForRepeats } from '../src/media/repeats'

const fixture = (browser: string) =>
  readFileSync(new URL(`../../media/src/fixtures/${browser}-offer.sdp`, import.meta.url), 'utf8')

test('Chromium asks for repeats on every audio line, once', () => {
  const offer = fixture('chromium')
  const asked = askForRepeats(offer)
  expect(asked.match(/^a=rtcp-fb:111 nack\r?$/gm)).toHaveLength(9)
  expect(asked.replace(/a=rtcp-fb:111 nack\r?\n/g, '')).toBe(offer)
  expect(askForRepeats(asked)).toBe(asked)
})

test('only Opus is asked for, by its own number, and video is left alone', () => {
  const sdp = 'v=0\r\nm=video 9 X 96\r\na=rtpmap:96 opus/48000/2\r\na=rtcp-fb:96 transport-cc\r\nm=audio 9 X 63 96\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:96 opus/48000/2\r\na=rtcp-fb:63 transport-cc\r\na=rtcp-fb:96 transport-cc\r\n'
  expect(askForRepeats(sdp)).toBe(`${sdp}a=rtcp-fb:96 nack\r\n`)
})

test('the offer of Firefox, which has no such feedback, stays as it is', () => {
  const offer = fixture('firefox')
  expect(askForRepeats(offer)).toBe(offer)
  expect(askForRepeats('')).toBe('')
})
