// One tab's calls as a pure machine: `step(state, input, context)` gives the next state and what is to be done.
// Knows no socket, no browser and no clock. Inputs that come late, twice or for another call change nothing.
import { hasEnded, type Call, type IceServer, type Id, type Leg } from '../protocol'
import { IDLE, callOf, comings, isOurs, legOf, outcomeOf, ringsFor, toneOf } from './outcome'
import type { Active, CallState, Context, Effect, Incoming, Input, Outcome, OutcomeKey, Outgoing, Step } from './types'

const stay = (state: CallState, ...effects: Effect[]): Step => ({ state, effects })

const isAbout = (state: CallState, id: Id): boolean => callOf(state)?.id === id

const CLEAN_UP: Effect[] = [{ do: 'ring', sound: 'none' }, { do: 'closePeer' }, { do: 'dropMic' }]
const EARS: Pick<Active, 'saying' | 'deaf'> = { saying: null, deaf: null }

function finish(state: CallState, outcome: Outcome, call: Call | null, ...effects: Effect[]): Step {
  const conversation = call?.conversation ?? ('conversation' in state ? state.conversation : '')
  const sound = toneOf(outcome.key)
  const tone: Effect[] = sound ? [{ do: 'tone', tone: sound }] : []
  return stay({ phase: 'ended', conversation, call, outcome }, ...effects, ...CLEAN_UP, ...tone)
}

const ended = (state: CallState, call: Call, ctx: Context): Step => finish(state, { key: outcomeOf(call, ctx.me) }, call)

/** Without `ice` (a page opened while it rings) the answer brings it, and nothing warms up before. */
function ringing(call: Call, ice: IceServer[] | null): Step {
  const warm = ice !== null
  const state: Incoming = { phase: 'incoming', call, ice: ice ?? [], warm, silenced: false, trouble: null }
  const warmUp: Effect[] = ice ? [{ do: 'openPeer', call: call.id, ice }] : []
  return stay(state, { do: 'ring', sound: 'incoming' }, ...warmUp)
}

/** Into a call that runs on this device: from an ack, or after a reload. */
function enter(call: Call, ice: IceServer[], from: { warm: boolean; mic: 'asking' | 'on' }, now: number, ctx: Context): Step {
  const muted = legOf(call, ctx.me)?.muted ?? false
  const live = { call, ice, muted, ...EARS, media: 'new' as const, mic: from.mic }
  const effects: Effect[] = []
  if (!from.warm) effects.push({ do: 'openPeer', call: call.id, ice })
  if (muted) effects.push({ do: 'enableMic', on: false })
  if (call.status === 'ringing') {
    // A call that is only announced rings nowhere: there is nobody whose ringing one could hear.
    const rings = call.legs.some((leg) => leg.user !== ctx.me)
    return stay({ phase: 'outgoing', ...live }, ...effects, { do: 'ring', sound: rings ? 'ringback' : 'none' })
  }
  return stay({ phase: 'active', ...live, since: now }, ...effects, { do: 'ring', sound: 'none' })
}

type Handlers = { [K in Input['type']]: (state: CallState, input: Extract<Input, { type: K }>, ctx: Context) => Step }

const handlers: Handlers = {
  start(state, input) {
    if (state.phase !== 'idle' && state.phase !== 'ended') return stay(state)
    if (input.permission === 'denied') {
      return stay({ phase: 'ended', conversation: input.conversation, call: null, outcome: { key: 'micDenied' } })
    }
    return stay({ phase: 'starting', conversation: input.conversation, sent: false, waiting: null }, { do: 'askMic' })
  },

  startAck(state, { call, ice, now }, ctx) {
    // He hung up before the server answered.
    if (state.phase !== 'starting') return stay(state, ...(isAbout(state, call.id) ? [] : [{ do: 'emitLeave', call: call.id } as const]))
    if (hasEnded(call)) return ended(state, call, ctx)
    return enter(call, ice, { warm: false, mic: 'on' }, now, ctx)
  },

  startRefused(state, { problem }) {
    if (state.phase !== 'starting') return stay(state)
    if (state.waiting) return ringing(state.waiting.call, state.waiting.ice)
    return finish(state, { key: 'refused', problem }, null)
  },

  incoming(state, { call, ice }, ctx) {
    if (!ringsFor(call, ctx.me)) return stay(state)
    if (state.phase === 'starting') {
      return stay({ ...state, waiting: { phase: 'incoming', call, ice, warm: false, silenced: false, trouble: null } })
    }
    if (state.phase === 'incoming' && state.call.id === call.id && !state.warm) {
      return stay({ ...state, call, ice, warm: true }, { do: 'openPeer', call: call.id, ice })
    }
    if (state.phase !== 'idle' && state.phase !== 'ended') return stay(state)
    if (isAbout(state, call.id)) return stay(state)
    return ringing(call, ice)
  },

  accept(state, { permission }) {
    if (state.phase !== 'incoming') return stay(state)
    if (permission === 'denied') return stay({ ...state, trouble: 'micDenied' })
    const { call, ice, warm } = state
    // Where the microphone is already allowed nothing can go wrong by answering at once; else the answer waits for it.
    const sent = permission === 'granted'
    const accepted: Effect[] = sent ? [{ do: 'emitAccept', call: call.id }] : []
    return stay(
      { phase: 'accepting', via: 'accept', call, ice, warm, sent, mic: 'asking' },
      { do: 'ring', sound: 'none' }, ...accepted, { do: 'askMic' },
    )
  },

  join(state, { call, permission }) {
    if ((state.phase !== 'idle' && state.phase !== 'ended') || hasEnded(call)) return stay(state)
    if (permission === 'denied') return stay({ phase: 'ended', conversation: call.conversation, call: null, outcome: { key: 'micDenied' } })
    const sent = permission === 'granted'
    return stay(
      { phase: 'accepting', via: 'join', call, ice: [], warm: false, sent, mic: 'asking' },
      ...(sent ? [{ do: 'emitJoin', call: call.id } as const] : []), { do: 'askMic' },
    )
  },

  acceptAck(state, { call, ice, now }, ctx) {
    if (state.phase !== 'accepting' || state.call.id !== call.id) return stay(state)
    if (hasEnded(call)) return ended(state, call, ctx)
    return enter(call, ice.length > 0 ? ice : state.ice, { warm: state.warm, mic: state.mic }, now, ctx)
  },

  acceptRefused(state, { call, problem }) {
    if (state.phase !== 'accepting' || state.call.id !== call) return stay(state)
    // The connection broke: `welcome` will say how the call stands, and the answer is sent again.
    if (problem.code === 'offline') return stay({ ...state, sent: state.mic === 'on' })
    if (problem.code === 'timeout') return stay(state, { do: 'lookUp', call })
    if (state.via === 'accept' && (problem.code === 'conflict' || problem.code === 'notFound')) {
      return stay({ ...state, sent: false }, { do: 'lookUp', call })
    }
    return finish(state, { key: 'refused', problem }, state.call)
  },

  decline(state, { message }) {
    if (state.phase !== 'incoming') return stay(state)
    const reject: Effect = message ? { do: 'emitReject', call: state.call.id, message } : { do: 'emitReject', call: state.call.id }
    return finish(state, { key: 'youDeclined' }, state.call, reject)
  },

  endForAll(state) {
    if (state.phase !== 'active') return stay(state)
    return finish(state, { key: 'completed' }, state.call, { do: 'emitEnd', call: state.call.id })
  },

  silence(state) {
    if (state.phase !== 'incoming' || state.silenced) return stay(state)
    return stay({ ...state, silenced: true }, { do: 'ring', sound: 'none' })
  },

  hangUp(state) {
    switch (state.phase) {
      case 'starting': return finish(state, { key: 'cancelled' }, null)
      case 'outgoing': return finish(state, { key: 'cancelled' }, state.call, { do: 'emitLeave', call: state.call.id })
      case 'active': return finish(state, { key: 'completed' }, state.call, { do: 'emitLeave', call: state.call.id })
      case 'accepting':
        if (state.via === 'join' && !state.sent) return finish(state, { key: 'cancelled' }, null)
        return state.sent
          ? finish(state, { key: 'completed' }, state.call, { do: 'emitLeave', call: state.call.id })
          : finish(state, { key: 'youDeclined' }, state.call, { do: 'emitReject', call: state.call.id })
      case 'idle':
      case 'incoming':
      case 'ended':
        return stay(state)
    }
  },

  mute(state, { muted }) {
    if ((state.phase !== 'active' && state.phase !== 'outgoing') || state.muted === muted) return stay(state)
    // Who speaks wants to hear the answer.
    const hear: Effect[] = state.deaf && !muted ? [{ do: 'deafen', on: false }] : []
    return stay(
      { ...state, muted, saying: muted, deaf: muted ? state.deaf : null },
      { do: 'enableMic', on: !muted }, { do: 'emitMuted', call: state.call.id, muted }, ...hear,
    )
  },

  deafen(state, { deaf }) {
    if ((state.phase !== 'active' && state.phase !== 'outgoing') || (state.deaf !== null) === deaf) return stay(state)
    const muted = deaf || (state.deaf?.wasMuted ?? state.muted)
    const told: Effect[] = muted === state.muted ? [] : [{ do: 'enableMic', on: !muted }, { do: 'emitMuted', call: state.call.id, muted }]
    return stay(
      { ...state, muted, saying: muted === state.muted ? state.saying : muted, deaf: deaf ? { wasMuted: state.muted } : null },
      { do: 'deafen', on: deaf }, ...told,
    )
  },

  micReady(state) {
    switch (state.phase) {
      case 'starting':
        return state.sent
          ? stay(state)
          : stay({ ...state, sent: true }, { do: 'emitStart', conversation: state.conversation })
      case 'accepting': {
        const accept: Effect[] = state.sent ? [] : [answerOf(state)]
        return stay({ ...state, sent: true, mic: 'on' }, ...accept)
      }
      case 'outgoing':
      case 'active':
        return stay({ ...state, mic: 'on' }, { do: 'enableMic', on: !state.muted })
      case 'idle':
      case 'incoming':
      case 'ended':
        return stay(state, { do: 'dropMic' })
    }
  },

  micRefused(state, { why }) {
    switch (state.phase) {
      case 'starting': return state.waiting ? ringing(state.waiting.call, state.waiting.ice) : finish(state, { key: why }, null)
      case 'accepting': {
        if (state.sent) return finish(state, { key: why }, state.call, { do: 'emitLeave', call: state.call.id, reason: 'microphoneRefused' })
        if (state.via === 'join') return finish(state, { key: why }, null)
        const { call, ice, warm } = state
        return stay({ phase: 'incoming', call, ice, warm, silenced: true, trouble: why })
      }
      case 'outgoing':
      case 'active':
        return finish(state, { key: why }, state.call, { do: 'emitLeave', call: state.call.id, reason: 'microphoneRefused' })
      case 'idle':
      case 'incoming':
      case 'ended':
        return stay(state)
    }
  },

  media(state, input) {
    if (input.state === 'hopeless') return rebuild(state)
    if (state.phase !== 'outgoing' && state.phase !== 'active') return stay(state)
    if (input.state === 'up') return state.media === 'up' ? stay(state) : stay({ ...state, media: 'up' })
    return state.media === 'up' ? stay({ ...state, media: 'lost' }) : stay(state)
  },

  updated(state, { call, now }, ctx) {
    if (!isAbout(state, call.id) || state.phase === 'ended') return stay(state)
    if (hasEnded(call)) return ended(state, call, ctx)
    const own = legOf(call, ctx.me)
    // Not in it yet: what was left before, or runs on another device, is what is being joined.
    if (state.phase === 'accepting' && state.via === 'join') return stay({ ...state, call })
    // The call goes on, without us: put out, or left on another device.
    if (own?.leftAt) return finish(state, { key: leftKey(own) }, call)
    if (state.phase === 'active' && own?.device && own.device !== ctx.device) {
      return finish(state, { key: 'movedElsewhere' }, call)
    }
    if (state.phase === 'active') {
      const heard = own?.muted === state.saying ? null : state.saying
      const silenced = own?.muted === true && !state.muted && heard === null
      const moves: Effect[] = comings(state.call, call, ctx.me).map((tone) => ({ do: 'tone', tone }))
      const next: Active = { ...state, call, saying: heard, muted: state.muted || silenced }
      return stay(next, ...moves, ...(silenced ? [{ do: 'enableMic', on: false } as const] : []))
    }
    if (state.phase === 'outgoing' && call.status === 'active') {
      return stay({ ...state, phase: 'active', call, since: now }, { do: 'ring', sound: 'none' }, { do: 'tone', tone: 'connected' })
    }
    return 'call' in state ? stay({ ...state, call } as CallState) : stay(state)
  },

  ended(state, { call }, ctx) {
    if (state.phase === 'starting' && state.waiting?.call.id === call.id) return stay({ ...state, waiting: null })
    if (!isAbout(state, call.id)) return stay(state)
    // Our own words ("you hung up", a refused microphone) stand; only the figures are news.
    if (state.phase === 'ended') return stay({ ...state, call })
    return ended(state, call, ctx)
  },

  gone(state, { call, elsewhere }) {
    if (!isAbout(state, call) || state.phase === 'ended') return stay(state)
    if (elsewhere) return finish(state, { key: 'movedElsewhere' }, callOf(state))
    return finish(state, { key: state.phase === 'incoming' ? 'missed' : 'vanished' }, callOf(state))
  },

  ringStopped(state, { call, reason }) {
    if (state.phase === 'starting' && state.waiting?.call.id === call) return stay({ ...state, waiting: null })
    const rang = state.phase === 'incoming' || (state.phase === 'accepting' && reason !== 'ended')
    if (!rang || !isAbout(state, call)) return stay(state)
    return finish(state, { key: reason === 'ended' ? 'missed' : reason }, callOf(state))
  },

  welcome(state, input, ctx) {
    const { calls, now } = input
    switch (state.phase) {
      case 'idle':
      case 'ended':
        return resume(state, calls, now, ctx)
      case 'starting':
        // Whether the start got through is in the calls; a lost answer comes as `startRefused`.
        return resume(state, calls.filter((call) => isOurs(call, ctx.me, ctx.device)), now, ctx)
      case 'incoming':
      case 'accepting':
      case 'outgoing':
      case 'active':
        return reconcile(state, calls.find((call) => call.id === state.call.id), input, ctx)
    }
  },

  dismiss(state) {
    return state.phase === 'ended' ? stay(IDLE) : stay(state)
  },
}

/**
 * A fresh peer connection in place of one that cannot be saved, or that a new server does not know. The ICE servers that
 * we were given may be too old for it, and those of another run are worth nothing: it asks for new ones.
 */
function rebuild(state: CallState): Step {
  if (state.phase !== 'outgoing' && state.phase !== 'active') return stay(state)
  const next: Outgoing | Active = { ...state, media: state.media === 'up' ? 'lost' : state.media }
  return stay(next, { do: 'closePeer' }, { do: 'openPeer', call: state.call.id, ice: [] })
}

/** He ended this call, or was told that it could not be started, while the server could not be reached. */
function hasLeft(state: Extract<CallState, { phase: 'ended' }>, call: Call): boolean {
  return state.call === null ? state.conversation === call.conversation && call.status === 'ringing' : state.call.id === call.id
}

/** A page that is in no call learns which calls live: it takes up its own, rings for others, ends what it left. */
function resume(state: CallState, calls: Call[], now: number, ctx: Context): Step {
  const left = state.phase === 'ended' ? calls.find((call) => hasLeft(state, call)) : undefined
  if (left && isOurs(left, ctx.me, ctx.device)) return stay(state, { do: 'emitLeave', call: left.id })
  const ours = calls.find((call) => isOurs(call, ctx.me, ctx.device))
  if (ours) {
    const since = ours.answerTime === null ? now : Math.min(now, Date.parse(ours.answerTime))
    const entered = enter(ours, [], { warm: false, mic: 'asking' }, since, ctx)
    return stay(entered.state, ...entered.effects, { do: 'askMic' })
  }
  const rings = calls.find((call) => ringsFor(call, ctx.me) && call.id !== left?.id)
  return rings ? ringing(rings, null) : stay(state)
}

/** The socket is back in the middle of a call. */
function reconcile(
  state: Extract<CallState, { phase: 'incoming' | 'accepting' | 'outgoing' | 'active' }>,
  call: Call | undefined,
  input: Extract<Input, { type: 'welcome' }>,
  ctx: Context,
): Step {
  if (!call) return stay(state, { do: 'lookUp', call: state.call.id })
  const own = legOf(call, ctx.me)
  const joins = state.phase === 'accepting' && state.via === 'join'
  if (own?.leftAt && !joins) return finish(state, { key: leftKey(own) }, call)
  const elsewhere = call.status === 'active' && !ringsFor(call, ctx.me) && !isOurs(call, ctx.me, ctx.device)
  if (elsewhere && !joins) return finish(state, { key: state.phase === 'active' ? 'movedElsewhere' : 'answeredElsewhere' }, call)
  if (state.phase === 'incoming') {
    // A new server does not know the connection that was warming up.
    return input.epochChanged && state.warm ? stay({ ...state, call, warm: false }, { do: 'closePeer' }) : stay({ ...state, call })
  }
  if (state.phase === 'accepting') {
    if (isOurs(call, ctx.me, ctx.device)) return enter(call, state.ice, { warm: false, mic: state.mic }, input.now, ctx)
    return state.sent ? stay({ ...state, call }, answerOf(state)) : stay({ ...state, call })
  }
  // Who leads the call may have muted us meanwhile. That holds, unless we have said otherwise since.
  const silenced = own?.muted === true && own.mutedBy !== null && !state.muted && state.saying === null
  const muted = state.muted || silenced
  const effects: Effect[] = own?.muted === muted ? [] : [{ do: 'emitMuted', call: call.id, muted }]
  if (silenced) effects.push({ do: 'enableMic', on: false })
  const current: Outgoing | Active =
    state.phase === 'outgoing' && call.status === 'active'
      ? { ...state, phase: 'active', call, muted, since: input.now }
      : { ...state, call, muted }
  if (current.phase === 'active' && state.phase === 'outgoing') effects.push({ do: 'ring', sound: 'none' })
  if (input.epochChanged) {
    const fresh = rebuild(current)
    return stay(fresh.state, ...effects, ...fresh.effects)
  }
  return stay(current, ...effects, ...(current.media === 'up' ? [] : [{ do: 'restartIce' } as const]))
}

const answerOf = ({ via, call }: Extract<CallState, { phase: 'accepting' }>): Effect =>
  via === 'join' ? { do: 'emitJoin', call: call.id } : { do: 'emitAccept', call: call.id }

/** What became of us in a call that goes on. */
function leftKey(own: Leg): OutcomeKey {
  if (own.reason === 'removed') return 'removed'
  if (own.answeredAt === null) return own.reason === 'declined' ? 'youDeclined' : 'missed'
  return own.reason === 'mediaLost' || own.reason === 'connectFailed' ? own.reason : 'completed'
}

export function step(state: CallState, input: Input, ctx: Context): Step {
  // The map above is typed per input; the compiler cannot follow the pairing through an index.
  const handle = handlers[input.type] as (state: CallState, input: Input, ctx: Context) => Step
  return handle(state, input, ctx)
}
