import { expect, test } from 'vitest'
import { endingOf, kindOf, plainName, refusal, sizeOf } from '../src/files/kinds'
import { BARS, condensed, strokes, waveformOf, WAVE_HEIGHT } from '../src/files/waveform'
import { carried, gist } from '../src/chat/preview'

test('what a server would not take is known before', () => {
  const limits = { maxBytes: 100, types: ['image/*', 'text/plain'] }
  const of = (size: number, type: string) => refusal({ size, type }, limits)
  expect(of(100, 'image/png')).toBeNull()
  expect(of(101, 'image/png')).toBe('tooLarge')
  expect(of(0, 'image/png')).toBe('empty')
  expect(of(1, 'text/plain')).toBeNull()
  expect(of(1, 'text/html')).toBe('type')
  expect(of(1, 'imageless/png')).toBe('type')
  // What the browser cannot tell, the server must.
  expect(of(1, '')).toBeNull()
  expect(refusal({ size: 1e12, type: 'x/y' }, undefined)).toBeNull()
  expect(refusal({ size: 1, type: 'x/y' }, { maxBytes: 9, types: ['*'] })).toBeNull()
})

test('a picture that could run something is no picture', () => {
  expect(kindOf('image/png')).toBe('image')
  expect(kindOf('image/svg+xml')).toBe('file')
  expect(kindOf('video/mp4')).toBe('video')
  expect(kindOf('audio/ogg')).toBe('audio')
  expect(kindOf('')).toBe('file')
})

test('sizes and endings as people read them', () => {
  expect([0, 1, 1023, 1024, 1536, 26_214_400, 3 * 1024 ** 3].map((bytes) => sizeOf(bytes, 'en'))).toEqual([
    '0 bytes', '1 byte', '1,023 bytes', '1 kB', '1.5 kB', '25 MB', '3 GB',
  ])
  expect([endingOf('a.tar.gz'), endingOf('none'), endingOf('.hidden1'), endingOf('a.averylongone')]).toEqual(['GZ', '', '', ''])
})

test('a name is one the server takes, and keeps its ending', () => {
  expect(plainName('C:\\tmp\\x y.txt')).toBe('x y.txt')
  expect(plainName('../../etc/passwd')).toBe('passwd')
  expect(plainName('exe\u202egpj.txt')).toBe('exegpj.txt')
  expect(plainName('a\nb.txt')).toBe('ab.txt')
  for (const nothing of ['', ' ', '..', '/']) expect(plainName(nothing)).toBe('file')
  const long = plainName(`${'ü'.repeat(300)}.jpeg`)
  expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(200)
  expect(long.endsWith('ü.jpeg')).toBe(true)
})

test('a waveform has at most 64 numbers of a byte, the loudest of each stretch', () => {
  expect(waveformOf([])).toEqual([])
  expect(waveformOf([0.2, 0.4])).toEqual([128, 255])
  const silent = waveformOf(Array.from({ length: 1000 }, () => 0.0005))
  expect(silent).toHaveLength(BARS)
  expect(Math.max(...silent)).toBeLessThan(5)
  for (const length of [1, 63, 64, 65, 5000]) {
    const levels = Array.from({ length }, (_, i) => (i * 37 % 101) / 100)
    const bars = waveformOf(levels)
    expect(bars.length).toBe(Math.min(BARS, length))
    expect(bars.every((bar) => Number.isInteger(bar) && bar >= 0 && bar <= 255)).toBe(true)
    expect(Math.max(...condensed(levels, 7))).toBe(Math.max(...levels))
  }
})

test('bars stay in their box', () => {
  const path = strokes([0, 255, 128], 0, 3)
  const ys = [...path.matchAll(/M[\d.]+ ([\d.]+)V([\d.]+)/g)].flatMap(([, from, to]) => [Number(from), Number(to)])
  expect(ys).toHaveLength(6)
  expect(Math.min(...ys)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...ys)).toBeLessThanOrEqual(WAVE_HEIGHT)
  expect(strokes([0, 255, 128], 0, 1) + strokes([0, 255, 128], 1, 3)).toBe(path)
})

test('a message without words is told by what it carries', () => {
  const name = (kind: string) => kind
  expect(carried([{ kind: 'image' }, { kind: 'voice' }, { kind: 'image' }], name)).toBe('2 × image, voice')
  expect(gist('words', [{ kind: 'file' }], name)).toBe('words')
  expect(gist('', [{ kind: 'file' }], name)).toBe('file')
  expect(gist('', undefined, name)).toBe('')
})
