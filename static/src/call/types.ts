// The vocabulary of the call machine: what state a call is in, what may happen, what is to be done. Types only.
import type { Call, IceServer, Id, Problem } from '../protocol'

/** Who we are: decides which leg of a call is ours. */
export interface Context { me: Id; device: Id }

/** `new` until sound first flowed, then `up`, or `lost` while it is being brought back. */
export type MediaState = 'new' | 'up' | 'lost'
/** `off` is a microphone that was never asked for. */
export type MicState = 'off' | 'asking' | 'on'
export type MicTrouble = 'micDenied' | 'micMissing' | 'micBusy' | 'micInsecure'
/** Which device took over in a call, by name (empty: the default one), or why there is no microphone. */
export type DeviceNews = { kind: 'input' | 'output'; label: string } | { kind: 'none'; why: MicTrouble }

interface InCall {
  call: Call
  ice: IceServer[]
  muted: boolean
  /** What was last said of it and not yet seen in the call: until then the server's word is the older one. */
  saying: boolean | null
  /** Hears nothing by his own wish; holds whether he was muted before. */
  deaf: { wasMuted: boolean } | null
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
/** On the way into a call: one that rings here, or one that runs without this device. */
export interface Accepting {
  phase: 'accepting'
  via: 'accept' | 'join'
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
  | 'movedElsewhere' | 'refused' | MicTrouble
export interface Outcome { key: OutcomeKey; problem?: Problem }

/** What is sent to the caller instead of an answer. */
export interface Reply { clientId: string; content: string }

export type Permission = 'granted' | 'denied' | 'unknown'
/** The sounds that are heard once; ringing goes on until it is stopped. */
export type Tone = 'connected' | 'ended' | 'missed' | 'declined' | 'busy' | 'unanswered' | 'failed' | 'came' | 'went'

export type Input =
  | { type: 'start'; conversation: Id; permission: Permission }
  | { type: 'startAck'; call: Call; ice: IceServer[]; now: number }
  | { type: 'startRefused'; problem: Problem }
  | { type: 'incoming'; call: Call; ice: IceServer[] }
  | { type: 'accept'; permission: Permission }
  /** Into a running call: of a group, one that was left, or one that another own device is in. */
  | { type: 'join'; call: Call; permission: Permission }
  | { type: 'acceptAck'; call: Call; ice: IceServer[]; now: number }
  | { type: 'acceptRefused'; call: Id; problem: Problem }
  | { type: 'decline'; message?: Reply }
  | { type: 'silence' }
  | { type: 'hangUp' }
  /** For everybody in it, by role. */
  | { type: 'endForAll' }
  | { type: 'mute'; muted: boolean }
  | { type: 'deafen'; deaf: boolean }
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
  | { do: 'emitJoin'; call: Id }
  | { do: 'emitReject'; call: Id; message?: Reply }
  | { do: 'emitEnd'; call: Id }
  | { do: 'emitLeave'; call: Id; reason?: 'microphoneRefused' }
  | { do: 'emitMuted'; call: Id; muted: boolean }
  | { do: 'ring'; sound: 'incoming' | 'ringback' | 'none' }
  | { do: 'deafen'; on: boolean }
  | { do: 'tone'; tone: Tone }
  | { do: 'lookUp'; call: Id }

export interface Step { state: CallState; effects: Effect[] }
