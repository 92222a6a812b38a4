// The vocabulary of the call machine: what state a call is in, what may happen, what is to be done. Types only.
import type { Call, IceServer, Id, Problem } from '../protocol'

/** Who we are: decides which leg of a call is ours. */
export interface Context { me: Id; device: Id }

/** `new` until sound first flowed, then `up`, or `lost` while it is being brought back. */
export type MediaState = 'new' | 'up' | 'lost'
/** `off` is a microphone that was never asked for. */
export type MicState = 'off' | 'asking' | 'on'
export type MicTrouble = 'micDenied' | 'micMissing' | 'micBusy' | 'micInsecure'

interface InCall {
  call: Call
  ice: IceServer[]
  muted: boolean
  media: MediaState
  mic: MicState
}
export interface Starting { phase: 'starting'; conversation: Id; sent: boolean; waiting: Incoming | null }
export interface Outgoing extends InCall { phase: 'outgoing' }
export interface Incoming {
  phase: 'incoming'
  call: Call
  ice: IceServer[]
  /** A peer connection is warming up, with no microphone. */
  warm: boolean
  silenced: boolean
  /** Why the last try to accept did not work. */
  trouble: MicTrouble | null
}
export interface Accepting {
  phase: 'accepting'
  call: Call
  ice: IceServer[]
  warm: boolean
  sent: boolean
  mic: 'asking' | 'on'
}
export interface Active extends InCall {
  phase: 'active'
  /** When it was answered, in this machine's time (ms). */
  since: number
}
export interface Ended { phase: 'ended'; conversation: Id; call: Call | null; outcome: Outcome }
export type CallState = { phase: 'idle' } | Starting | Outgoing | Incoming | Accepting | Active | Ended

export type OutcomeKey =
  | 'unreachable' | 'doNotDisturb' | 'theirMicrophone' | 'removed'
  | 'completed' | 'declined' | 'youDeclined' | 'busy' | 'noAnswer' | 'missed' | 'cancelled' | 'connectFailed'
  | 'mediaLost' | 'vanished' | 'serverRestart' | 'relayFailed' | 'answeredElsewhere' | 'declinedElsewhere'
  | 'refused' | MicTrouble
export interface Outcome { key: OutcomeKey; problem?: Problem }

export type Permission = 'granted' | 'denied' | 'unknown'
export type Input =
  | { type: 'start'; conversation: Id; permission: Permission }
  | { type: 'startAck'; call: Call; ice: IceServer[]; now: number }
  | { type: 'startRefused'; problem: Problem }
  | { type: 'incoming'; call: Call; ice: IceServer[] }
  | { type: 'accept'; permission: Permission }
  | { type: 'acceptAck'; call: Call; ice: IceServer[]; now: number }
  | { type: 'acceptRefused'; call: Id; problem: Problem }
  | { type: 'decline' }
  | { type: 'silence' }
  | { type: 'hangUp' }
  | { type: 'mute'; muted: boolean }
  | { type: 'micReady' }
  | { type: 'micRefused'; why: MicTrouble }
  | { type: 'media'; state: 'up' | 'lost' | 'hopeless' }
  | { type: 'updated'; call: Call; now: number }
  | { type: 'ended'; call: Call }
  | { type: 'gone'; call: Id; elsewhere?: boolean }
  | { type: 'ringStopped'; call: Id; reason: 'answeredElsewhere' | 'declinedElsewhere' | 'ended' }
  | { type: 'welcome'; calls: Call[]; epochChanged: boolean; now: number }
  | { type: 'dismiss' }

export type Effect =
  | { do: 'askMic' }
  | { do: 'dropMic' }
  | { do: 'enableMic'; on: boolean }
  /** Without ICE servers it asks for them first. */
  | { do: 'openPeer'; call: Id; ice: IceServer[] }
  | { do: 'closePeer' }
  | { do: 'restartIce' }
  | { do: 'emitStart'; conversation: Id }
  | { do: 'emitAccept'; call: Id }
  | { do: 'emitReject'; call: Id }
  | { do: 'emitLeave'; call: Id; reason?: 'microphoneRefused' }
  | { do: 'emitMuted'; call: Id; muted: boolean }
  | { do: 'ring'; sound: 'incoming' | 'ringback' | 'none' }
  | { do: 'tone'; tone: 'connected' | 'ended' | 'refused' }
  | { do: 'lookUp'; call: Id }

export interface Step { state: CallState; effects: Effect[] }
