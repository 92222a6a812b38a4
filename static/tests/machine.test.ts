import { describe, expect, test } from 'vitest'
import { step } from '../src/call/machine'
import { IDLE, isOurs, outcomeOf, stageOf } from '../src/call/outcome'
import type { CallState, Effect, Input } from '../src/call/types'
import { CONTEXT, DEVICE, ICE, ME, OTHER_DEVICE, TALK, YOU, answered, call, closed, leg } from './calls'

function walk(inputs: Input[], from: CallState = IDLE): { state: CallState; effects: Effect[] } {
  let state = from
  const effects: Effect[] = []
  for (const input of inputs) {
    const next = step(state, input, CONTEXT)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects }
}
const did = (effects: Effect[]): string[] => effects.map((effect) => effect.do)
const mine = call(ME)
const theirs = call(YOU)
const start: Input = { type: 'start', conversation: TALK, permission: 'unknown' }
const started: Input[] = [start, { type: 'micReady' }, { type: 'startAck', call: mine, ice: ICE, now: 1 }]
const rings: Input = { type: 'incoming', call: theirs, ice: ICE }
const acceptAck: Input = { type: 'acceptAck', call: answered(theirs), ice: ICE, now: 9 }
const up: Input = { type: 'media', state: 'up' }
const welcome = (calls = [] as ReturnType<typeof call>[], more = {}): Input => ({
  type: 'welcome', calls, epochChanged: false, now: 50, ...more,
})

describe('calling', () => {
  test('asks for the microphone first, then starts, rings back and warms up', () => {
    const { state, effects } = walk(started)
    expect(state.phase).toBe('outgoing')
    expect(did(effects)).toEqual(['askMic', 'emitStart', 'openPeer', 'ring'])
  })
  test('runs from the answer to the end', () => {
    const { state } = walk([...started, { type: 'updated', call: answered(mine), now: 7 }, up])
    expect(state).toMatchObject({ phase: 'active', since: 7, media: 'up' })
    const over = step(state, { type: 'ended', call: closed(answered(mine), {}) }, CONTEXT)
    expect(over.state).toMatchObject({ phase: 'ended', outcome: { key: 'completed' } })
    expect(did(over.effects)).toEqual(['ring', 'closePeer', 'dropMic', 'tone'])
  })
  test('does not start without a microphone', () => {
    const refused = walk([start, { type: 'micRefused', why: 'micDenied' }])
    expect(refused.state).toMatchObject({ phase: 'ended', outcome: { key: 'micDenied' } })
    expect(did(refused.effects)).not.toContain('emitStart')
    expect(walk([{ ...start, permission: 'denied' }]).effects).toEqual([])
  })
  test('leaves a call that was given up before the server answered', () => {
    const { state, effects } = walk([start, { type: 'micReady' }, { type: 'hangUp' }, { type: 'startAck', call: mine, ice: [], now: 1 }])
    expect(state.phase).toBe('ended')
    expect(effects.at(-1)).toEqual({ do: 'emitLeave', call: mine.id })
  })
  test('takes the other call when both called at once', () => {
    const { state } = walk([start, { type: 'micReady' }, rings, { type: 'startAck', call: answered(theirs), ice: ICE, now: 3 }])
    expect(state).toMatchObject({ phase: 'active', call: { id: theirs.id, caller: YOU } })
  })
  test('rings for who called meanwhile if its own start is refused', () => {
    const { state } = walk([start, { type: 'micReady' }, rings, { type: 'startRefused', problem: { code: 'busy', title: '', detail: '' } }])
    expect(state).toMatchObject({ phase: 'incoming', call: { caller: YOU } })
  })
})

describe('being called', () => {
  test('warms up while ringing, with the microphone off', () => {
    const { state, effects } = walk([rings])
    expect(state).toMatchObject({ phase: 'incoming', warm: true })
    expect(did(effects)).toEqual(['ring', 'openPeer'])
    // A server without TURN names no ICE servers: its candidates are in the answer.
    expect(walk([{ type: 'incoming', call: theirs, ice: [] }]).state).toMatchObject({ warm: true })
  })
  test('answers at once where the microphone is allowed, and keeps the warm connection', () => {
    const { state, effects } = walk([rings, { type: 'accept', permission: 'granted' }, acceptAck, { type: 'micReady' }])
    expect(did(effects).slice(2)).toEqual(['ring', 'emitAccept', 'askMic', 'ring', 'enableMic'])
    expect(state).toMatchObject({ phase: 'active', mic: 'on', since: 9 })
  })
  test('elsewhere answers only once it has the microphone', () => {
    const asked = walk([rings, { type: 'accept', permission: 'unknown' }])
    expect(did(asked.effects)).not.toContain('emitAccept')
    expect(did(walk([{ type: 'micReady' }], asked.state).effects)).toEqual(['emitAccept'])
  })
  test('goes on ringing, silently, when the microphone is refused', () => {
    const { state, effects } = walk([rings, { type: 'accept', permission: 'unknown' }, { type: 'micRefused', why: 'micDenied' }])
    expect(state).toMatchObject({ phase: 'incoming', trouble: 'micDenied', silenced: true })
    expect(did(effects)).not.toContain('emitAccept')
  })
  test('declines', () => {
    expect(did(walk([rings, { type: 'decline' }]).effects)).toContain('emitReject')
  })
  test('stops when it was answered on another device', () => {
    const { state, effects } = walk([rings, { type: 'ringStopped', call: theirs.id, reason: 'answeredElsewhere' }])
    expect(state).toMatchObject({ phase: 'ended', outcome: { key: 'answeredElsewhere' } })
    expect(did(effects)).toContain('closePeer')
  })
  test('sends the answer again when the connection broke under it', () => {
    const accepting: Input[] = [rings, { type: 'accept', permission: 'granted' }, { type: 'micReady' }]
    const { state } = walk([...accepting, { type: 'acceptRefused', call: theirs.id, problem: { code: 'offline', title: '', detail: '' } }])
    expect(walk([welcome([theirs])], state).effects).toEqual([{ do: 'emitAccept', call: theirs.id }])
    expect(walk([welcome([answered(theirs)])], state).state.phase).toBe('active')
  })
})

describe('joining', () => {
  const running = { ...answered(theirs), legs: [leg(YOU, OTHER_DEVICE)], receiver: null }
  const joined = { ...running, legs: [...running.legs, leg(ME, DEVICE, { answeredAt: '2026-11-22T10:00:20.000Z' })] }
  const join: Input = { type: 'join', call: running, permission: 'granted' }
  const ack: Input = { type: 'acceptAck', call: joined, ice: ICE, now: 30 }
  test('goes into a running call', () => {
    const { state, effects } = walk([join, { type: 'micReady' }, ack])
    expect(did(effects)).toEqual(['emitJoin', 'askMic', 'openPeer', 'ring'])
    expect(state).toMatchObject({ phase: 'active', since: 30 })
  })
  test('waits for a microphone that was never allowed, and tells nobody if there is none', () => {
    const asked = walk([{ ...join, permission: 'unknown' }])
    expect(did(asked.effects)).toEqual(['askMic'])
    expect(did(walk([{ type: 'micReady' }], asked.state).effects)).toEqual(['emitJoin'])
    const refused = walk([{ type: 'micRefused', why: 'micDenied' }], asked.state)
    expect(refused.state).toMatchObject({ phase: 'ended', outcome: { key: 'micDenied' } })
    expect(did(refused.effects)).not.toContain('emitLeave')
  })
  test('takes one over from another own device, which is told where it went', () => {
    const elsewhere = { ...joined, legs: [leg(YOU, OTHER_DEVICE), leg(ME, OTHER_DEVICE, { answeredAt: '2026-11-22T10:00:20.000Z' })] }
    // What is told of the other device meanwhile does not stop it.
    const taking = walk([{ ...join, call: elsewhere }, { type: 'updated', call: elsewhere, now: 1 }, welcome([elsewhere])])
    expect(taking.state.phase).toBe('accepting')
    expect(walk([ack], taking.state).state.phase).toBe('active')
    const left = walk([join, ack, { type: 'updated', call: elsewhere, now: 40 }])
    expect(left.state).toMatchObject({ phase: 'ended', outcome: { key: 'movedElsewhere' } })
    expect(did(left.effects)).not.toContain('tone')
  })
  test('is refused with a reason, and given up', () => {
    const full = walk([join, { type: 'acceptRefused', call: running.id, problem: { code: 'conflict', title: '', detail: 'full' } }])
    expect(full.state).toMatchObject({ phase: 'ended', outcome: { key: 'refused' } })
    expect(did(walk([{ ...join, permission: 'unknown' }, { type: 'hangUp' }]).effects)).not.toContain('emitReject')
    expect(walk([rings, join]).state.phase).toBe('incoming')
  })
  test('a call that is only announced rings nowhere', () => {
    const announced = { ...mine, receiver: null, legs: [leg(ME, DEVICE)] }
    expect(walk([start, { type: 'micReady' }, { type: 'startAck', call: announced, ice: ICE, now: 1 }]).effects.at(-1)).toEqual({ do: 'ring', sound: 'none' })
  })
})

describe('ears and mouth', () => {
  const active = walk([...started, { type: 'updated', call: answered(mine), now: 7 }, up]).state
  const told = (muted: boolean): Input => {
    return { type: 'updated', call: { ...answered(mine), legs: [leg(ME, DEVICE, { muted }), leg(YOU, OTHER_DEVICE)] }, now: 9 }
  }
  test('whoever leads may mute; one may unmute, whatever is still under way', () => {
    const muted = walk([told(true)], active)
    expect(muted.state).toMatchObject({ muted: true })
    expect(muted.effects).toEqual([{ do: 'enableMic', on: false }])
    // The server's older word comes after one has unmuted: it counts for nothing until the new one was seen.
    const again = walk([{ type: 'mute', muted: false }, told(true)], muted.state)
    expect(again.state).toMatchObject({ muted: false })
    expect(walk([told(false), told(true)], again.state).state).toMatchObject({ muted: true })
  })
  test('what the leader did while the socket was down holds, but for what one said since', () => {
    const silenced = { ...answered(mine), legs: [leg(ME, DEVICE, { muted: true, mutedBy: YOU }), leg(YOU, OTHER_DEVICE)] }
    const back: Input = { type: 'welcome', calls: [silenced], epochChanged: false, now: 9 }
    const held = walk([back], active)
    expect(held.state).toMatchObject({ muted: true })
    expect(did(held.effects)).toEqual(['enableMic'])
    const spoke = walk([told(true), { type: 'mute', muted: false }, back], active)
    expect(spoke.state).toMatchObject({ muted: false })
    expect(spoke.effects.at(-1)).toEqual({ do: 'emitMuted', call: mine.id, muted: false })
  })
  test('who is deaf is muted, and has his voice back as it was', () => {
    const deaf = walk([{ type: 'deafen', deaf: true }], active)
    expect(did(deaf.effects)).toEqual(['deafen', 'enableMic', 'emitMuted'])
    expect(deaf.state).toMatchObject({ muted: true, deaf: { wasMuted: false } })
    expect(walk([{ type: 'deafen', deaf: false }], deaf.state).state).toMatchObject({ muted: false, deaf: null })
    const both = walk([{ type: 'mute', muted: true }, { type: 'deafen', deaf: true }, { type: 'deafen', deaf: false }], active)
    expect(both.state).toMatchObject({ muted: true, deaf: null })
  })
  test('who speaks hears again', () => {
    const { state, effects } = walk([{ type: 'deafen', deaf: true }, { type: 'mute', muted: false }], active)
    expect(state).toMatchObject({ muted: false, deaf: null })
    expect(effects).toContainEqual({ do: 'deafen', on: false })
  })
  test('it is ended for all, or declined with a message', () => {
    expect(did(walk([{ type: 'endForAll' }], active).effects)).toContain('emitEnd')
    const message = { clientId: 'x', content: 'later' }
    expect(walk([rings, { type: 'decline', message }]).effects).toContainEqual({ do: 'emitReject', call: theirs.id, message })
  })
})

describe('coming back', () => {
  test('a reloaded page takes up the call of its device, and asks for ICE servers anew', () => {
    const { state, effects } = walk([welcome([answered(mine)])])
    expect(state).toMatchObject({ phase: 'active', ice: [], since: 50 })
    expect(did(effects)).toEqual(['openPeer', 'ring', 'askMic'])
  })
  test('another device does not', () => {
    const elsewhere = { ...answered(mine), legs: [leg(ME, OTHER_DEVICE), leg(YOU, null)] }
    expect(walk([welcome([elsewhere])]).state).toEqual(IDLE)
  })
  test('a page opened while it rings, rings', () => {
    expect(walk([welcome([theirs])]).state).toMatchObject({ phase: 'incoming', warm: false })
  })
  test('a new epoch gets a fresh peer connection; the old one an ICE restart if sound is lost', () => {
    const { state } = walk([...started, { type: 'updated', call: answered(mine), now: 7 }, up])
    expect(did(walk([welcome([answered(mine)], { epochChanged: true })], state).effects)).toEqual(['closePeer', 'openPeer'])
    expect(walk([welcome([answered(mine)])], state).effects).toEqual([])
    const lost = step(state, { type: 'media', state: 'lost' }, CONTEXT).state
    expect(did(walk([welcome([answered(mine)])], lost).effects)).toEqual(['restartIce'])
    expect(stageOf(lost, true)).toBe('reconnecting')
    expect(stageOf(state, false)).toBe('reconnecting')
  })
  test('looks up how a call ended that is no longer live', () => {
    const { state } = walk([...started, welcome([])])
    expect(state.phase).toBe('outgoing')
    expect(walk([...started, welcome([])]).effects.at(-1)).toEqual({ do: 'lookUp', call: mine.id })
  })
  test('ends what was hung up while the server could not be reached', () => {
    const { state } = walk([...started, { type: 'hangUp' }])
    expect(walk([welcome([mine])], state).effects).toEqual([{ do: 'emitLeave', call: mine.id }])
  })
  test('says again that it is muted if the server did not hear', () => {
    const muted = walk([...started, { type: 'updated', call: answered(mine), now: 7 }, up, { type: 'mute', muted: true }]).state
    expect(walk([welcome([answered(mine)])], muted).effects).toEqual([{ do: 'emitMuted', call: mine.id, muted: true }])
  })
})

describe('all walks of four inputs', () => {
  const inputs: Input[] = [
    start, { type: 'startAck', call: mine, ice: ICE, now: 1 }, { type: 'startRefused', problem: { code: 'busy', title: '', detail: '' } },
    rings, { type: 'accept', permission: 'granted' }, { type: 'accept', permission: 'unknown' }, acceptAck, { type: 'decline' },
    { type: 'hangUp' }, { type: 'mute', muted: true }, { type: 'deafen', deaf: true }, { type: 'join', call: answered(theirs), permission: 'unknown' }, { type: 'micReady' }, { type: 'micRefused', why: 'micBusy' }, up,
    { type: 'media', state: 'hopeless' }, { type: 'updated', call: answered(mine), now: 2 }, { type: 'ended', call: closed(mine, {}) },
    { type: 'ended', call: closed(theirs, {}) }, { type: 'gone', call: theirs.id },
    { type: 'ringStopped', call: theirs.id, reason: 'ended' }, welcome([]), welcome([theirs]), welcome([answered(mine)], { epochChanged: true }), { type: 'dismiss' },
  ]
  // The call that ends must free everything, on whatever way it came there; nothing else may be done for an ended one.
  test('never sound without consent, never a connection or microphone left behind', () => {
    let walks = 0
    // Not expect(): a quarter of a million of those take ten seconds.
    const check = (holds: boolean, rule: string, state: CallState, input: Input) => {
      if (!holds) throw new Error(`${rule}: ${JSON.stringify({ state, input })}`)
    }
    const visit = (state: CallState, depth: number, open: boolean, asked: boolean, consent: boolean): void => {
      if (depth === 0) return
      for (const input of inputs) {
        const next = step(state, input, CONTEXT)
        const agreed = consent || input.type === 'start' || input.type === 'accept' || input.type === 'join' || input.type === 'welcome'
        let peer = open
        let mic = asked
        for (const effect of next.effects) {
          if (effect.do === 'openPeer') peer = true
          if (effect.do === 'closePeer') peer = false
          if (effect.do === 'askMic') {
            check(agreed, 'the microphone needs consent', state, input)
            mic = true
          }
          if (effect.do === 'dropMic') mic = false
        }
        if (next.state.phase === 'idle' || next.state.phase === 'ended') {
          check(!peer && !mic, 'nothing is left behind', state, input)
        }
        if (next.state.phase === 'active') check(peer, 'an active call has a connection', state, input)
        const began = next.effects.some((effect) => effect.do === 'openPeer' || effect.do === 'askMic')
        check(next.state !== state || !began, 'what changes nothing begins nothing', state, input)
        walks += 1
        visit(next.state, depth - 1, peer, mic, agreed && next.state.phase !== 'idle' && next.state.phase !== 'ended')
      }
    }
    visit(IDLE, 4, false, false, false)
    expect(walks).toBeGreaterThan(250_000)
  }, 30_000)
})

test('every reason is a sentence for both sides', () => {
  const end = (from: typeof mine, status: 'missed' | 'rejected' | 'cancelled' | 'busy' | 'failed' | 'completed', reason: typeof mine.reason) =>
    outcomeOf(closed(from, { status, reason }), ME)
  expect(end(mine, 'rejected', 'declined')).toBe('declined')
  expect(end(theirs, 'rejected', 'declined')).toBe('youDeclined')
  expect(end(mine, 'missed', 'noAnswer')).toBe('noAnswer')
  expect(end(theirs, 'missed', 'noAnswer')).toBe('missed')
  expect(end(theirs, 'cancelled', 'cancelled')).toBe('missed')
  expect(end(mine, 'busy', 'busy')).toBe('busy')
  expect(end(mine, 'failed', 'serverRestart')).toBe('serverRestart')
  expect(end(mine, 'completed', 'hungUp')).toBe('completed')
  expect(end(mine, 'failed', null)).toBe('connectFailed')
})

test('a leg that was left is not ours to take up', () => {
  const left = { ...answered(mine), legs: [leg(ME, DEVICE, { leftAt: '2026-11-22T10:00:30.000Z' }), leg(YOU, OTHER_DEVICE)] }
  expect(isOurs(left, ME, DEVICE)).toBe(false)
  expect(isOurs(answered(mine), ME, DEVICE)).toBe(true)
})
