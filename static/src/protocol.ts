// What client and server say to each other, as types: objects, events, refusals. PROTOCOL.md is the reference.
// Knows no DOM, no socket and no store.

export type Id = string
export type Timestamp = string

export interface User { id: Id; username: string; createdAt: Timestamp }
export interface OwnUser extends User { email: string; role: 'owner' | 'admin' | 'member' }
/** What one lets others see; of what one hides one sees nothing of others either. */
export interface Settings {
  showLastSeen: boolean
  showReadReceipts: boolean
  showOnline: boolean
  showTyping: boolean
  doNotDisturb: boolean
}
export type PresenceState = 'online' | 'away' | 'doNotDisturb' | 'offline'
export interface Presence { user: Id; presence: PresenceState; lastSeenAt?: Timestamp }
/** A conversation that makes no sound; null: until further notice. */
export interface Mute { conversation: Id; until: Timestamp | null }
/** Where something was found, in UTF-16 code units. */
export interface Mark { start: number; length: number }
export interface Found { message: Message; marks: Mark[] }
/** An account as those who run the server see it. */
export interface AdminUser extends OwnUser { disabled: boolean }
export interface Invitation {
  id: Id
  note: string
  createdBy: Id | null
  createdAt: Timestamp
  expiresAt: Timestamp
  maxUses: number
  uses: number
}
export interface Session {
  id: Id
  createdAt: Timestamp
  lastSeenAt: Timestamp
  expiresAt: Timestamp
  userAgent: string
  current: boolean
}
export type GroupRole = 'owner' | 'admin' | 'member'
/** In this order they are the tones of `styles/tokens.css`. */
export const GROUP_COLORS = ['blue', 'violet', 'rose', 'green', 'orange', 'teal'] as const
export type GroupColor = (typeof GROUP_COLORS)[number]
export interface Member { user: User; role: GroupRole; fromSeq: number; deliveredSeq: number; readSeq: number }
/** What a message tells that the server wrote: `fromUser` did this to the group. */
export interface SystemNote {
  kind: 'created' | 'renamed' | 'colorChanged' | 'pictureChanged' | 'added' | 'removed' | 'left' | 'roleChanged'
  name?: string
  /** Null: it has none any more. */
  color?: GroupColor | null
  picture?: Id | null
  user?: Id
  users?: Id[]
  role?: GroupRole
}
export type MessageStatus = 'sent' | 'delivered' | 'read'
export interface Message {
  id: Id
  conversation: Id
  seq: number
  fromUser: Id
  toUser?: Id
  toGroup?: Id
  content: string
  system?: SystemNote
  status: MessageStatus
  createdAt: Timestamp
  clientId: string
  replyTo?: Id
  quote?: Quote
  /** Of two copies of a message the one with the higher `rev` is the newer. Absent on what was not stored yet. */
  rev?: number
  editedAt?: Timestamp
  deletedAt?: Timestamp
  attachments?: Attachment[]
  reactions?: Reaction[]
}
/** A file of a message; its bytes are at `/api/v1/files/ID`. The last two are of a voice message. */
export interface Attachment {
  id: Id
  kind: 'image' | 'audio' | 'video' | 'voice' | 'file'
  name: string
  mime: string
  size: number
  durationMs?: number
  waveform?: number[]
}
/** A short look at the message that another one answers. */
export interface Quote { id: Id; seq: number; fromUser: Id; content: string; deletedAt?: Timestamp }
export interface Reaction { emoji: string; users: Id[] }
export interface Conversation {
  id: Id
  kind: 'direct' | 'group'
  name?: string
  /** Of a group that has one. */
  color?: GroupColor
  /** Of a group that has one: its bytes are at `/api/v1/files/ID`. */
  picture?: Id
  rev: number
  members: Member[]
  lastSeq: number
  unread: number
  lastMessage: Message | null
  createdAt: Timestamp
  updatedAt: Timestamp
}
export interface Receipt { conversation: Id; user: Id; deliveredSeq: number; readSeq: number }

export type LiveStatus = 'ringing' | 'active'
export type EndedStatus = 'completed' | 'missed' | 'rejected' | 'cancelled' | 'busy' | 'failed'
export type EndReason =
  | 'hungUp' | 'declined' | 'cancelled' | 'noAnswer' | 'unreachable' | 'busy' | 'doNotDisturb' | 'microphoneRefused'
  | 'connectFailed' | 'mediaLost' | 'vanished' | 'removed' | 'serverRestart' | 'relayFailed'
/** The ways packets may take. */
export type PathName = 'udp' | 'ice-tcp' | 'turn-tcp' | 'turn-tls'
export interface DirectionQuality {
  packets: number
  lost: number
  lossPct: number
  worstLossPct: number
  jitterMs: number
  worstJitterMs: number
  /** Estimated from mouth to ear. `up`: how the others hear this person; `down`: how this person hears them. */
  mos: number | null
  worstMos: number | null
}
export interface LegQuality {
  rttMs: number | null
  worstRttMs: number | null
  concealedPct: number | null
  worstConcealedPct: number | null
  jitterBufferMs: number | null
  worstJitterBufferMs: number | null
  up: DirectionQuality
  down: DirectionQuality
}
/** One direction of one leg over the last five seconds; `mos` is estimated, as in `DirectionQuality`. */
export interface HopQuality {
  user: Id
  direction: 'up' | 'down'
  rttMs: number | null
  jitterMs: number
  lossPct: number
  mos: number | null
}
export interface Leg {
  user: Id
  device: Id | null
  rangAt: Timestamp
  answeredAt: Timestamp | null
  connectedAt: Timestamp | null
  leftAt: Timestamp | null
  reason: EndReason | null
  setupMs: number | null
  paths: PathName[]
  reconnects: number
  muted: boolean
  /** Who of those who lead the call muted him, until he unmutes himself. */
  mutedBy: Id | null
  /** On how many of his devices it rings now. */
  ringsOn: number
  quality: LegQuality
}
export interface Call {
  id: Id
  conversation: Id
  caller: Id
  /** Whom it was for; null: for the group. */
  receiver: Id | null
  startTime: Timestamp
  answerTime: Timestamp | null
  connectTime: Timestamp | null
  endTime: Timestamp | null
  durationSeconds: number
  status: LiveStatus | EndedStatus
  reason: EndReason | null
  legs: Leg[]
}
/** What happened in a call; `kind` says what, and with it come its own fields (PROTOCOL.md). */
export interface DirectionFigures { lossPct: number; jitterMs: number; mos?: number }
export type Happening =
  | { kind: 'ring' | 'answered' | 'joined' | 'moved' | 'iceRestart' | 'back' }
  | { kind: 'connected'; path: PathName | null }
  | { kind: 'path' | 'rejoined'; path: PathName }
  | { kind: 'route'; candidate: (typeof CANDIDATES)[number]; protocol: (typeof PROTOCOLS)[number] }
  | { kind: 'lost' | 'microphone'; silent: boolean }
  | { kind: 'muted'; muted: boolean; by?: Id }
  | { kind: 'serverRestart'; downMs: number }
  | { kind: 'left' | 'ended'; reason: EndReason }
  | {
      kind: 'figures'
      seconds: number
      rttMs?: number
      concealedPct?: number
      jitterBufferMs?: number
      playoutGapPct?: number
      up?: DirectionFigures
      down?: DirectionFigures
    }
export type TimelineEntry = { atMs: number; user?: Id } & Happening
export type Trouble =
  | 'neverConnected' | 'silence' | 'rejoined' | 'reconnects' | 'silentMicrophone' | 'uplinkLoss' | 'downlinkLoss'
  | 'concealment' | 'highRoundTrip' | 'jitter' | 'playoutGaps' | 'notUdp'
/** One reason why a call was bad; `text` is plain English. */
export interface Finding { user: Id; finding: Trouble; worst: number | null; fromMs: number; toMs: number; text: string }
/** One call as `GET /api/v1/calls/{id}` tells it. */
export interface CallDetail extends Call { timeline: TimelineEntry[]; findings: Finding[] }
/** Calls that were missed and not seen yet; the conversations of the last missed ones. */
export interface MissedCalls { count: number; conversations: { conversation: Id; count: number }[] }
export interface IceServer { urls: string[]; username?: string; credential?: string }
export interface Slot { mid: string; user: Id; csrc: number }
/** What the server is; `files`: how large one may be, in bytes, and which MIME types it takes (`image/*`: all of a kind, `*`: all). */
export interface Info {
  name: string
  version: string
  registration: 'open' | 'invite' | 'closed'
  claimable: boolean
  files?: { maxBytes: number; types: string[] }
}

/** The server's codes, and two of our own for when no answer came. */
export const CODES = [
  'badRequest', 'invalid', 'unauthenticated', 'wrongCredentials', 'csrf', 'foreignOrigin', 'forbidden',
  'registrationClosed', 'notFound', 'methodNotAllowed', 'taken', 'conflict', 'busy', 'tooLarge', 'rangeNotSatisfiable', 'wrongHost',
  'tooMany', 'unusableOffer', 'internal', 'unavailable', 'offline', 'timeout',
] as const
export type Code = (typeof CODES)[number]
export interface FieldError { field: string; detail: string }
/** Why something was refused, in the server's words where it spoke. */
export interface Problem {
  code: Code
  title: string
  detail: string
  errors?: FieldError[]
  retryAfterMs?: number
}
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const refused = <T = never>(problem: Problem): Result<T> => ({ ok: false, problem })
export const problem = (code: Code, detail = ''): Problem => ({ code, title: '', detail })

/** Nothing of the server's state contradicts a later try with the same content. */
export function isTransient(code: Code): boolean {
  return ['offline', 'timeout', 'tooMany', 'internal', 'unavailable', 'unauthenticated'].includes(code)
}

/** Reads a refusal of either kind (problem+json or an ack's error), trusting nothing. */
export function toProblem(raw: unknown): Problem {
  const source = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>
  const code = CODES.find((known) => known === source['code']) ?? 'internal'
  const text = (key: string) => (typeof source[key] === 'string' ? (source[key] as string) : '')
  const found: Problem = { code, title: text('title'), detail: text('detail') }
  if (typeof source['retryAfterMs'] === 'number') found.retryAfterMs = source['retryAfterMs']
  if (Array.isArray(source['errors'])) {
    found.errors = source['errors'].filter(
      (entry): entry is FieldError => typeof entry?.field === 'string' && typeof entry?.detail === 'string',
    )
  }
  return found
}

/** Reads a `connect_error`: the server puts the refusal's JSON into its message. */
export function toConnectProblem(error: Error): Problem {
  try {
    return toProblem(JSON.parse(error.message))
  } catch {
    return toProblem(undefined)
  }
}

/** Reads an ack: `{ok: true, …}` or `{ok: false, error}`. */
export function toResult<T>(ack: unknown): Result<T> {
  if (typeof ack === 'object' && ack !== null && 'ok' in ack) {
    if (ack.ok === true) return ok(ack as T)
    return refused(toProblem('error' in ack ? ack.error : undefined))
  }
  return refused(problem('internal'))
}

/** What the client may say: payload and the answer of each event. */
export interface ClientEvents {
  sendMessage: [{ clientId: string; conversation: Id; content: string; replyTo?: Id; attachments?: Id[] }, { message: Message }]
  editMessage: [{ message: Id; content: string }, { message: Message }]
  deleteMessage: [{ message: Id }, { message: Message }]
  reactMessage: [{ message: Id; emoji: string; reacted: boolean }, { message: Message }]
  messageDelivered: [{ conversation: Id; seq: number }, object]
  messageRead: [{ conversation: Id; seq: number }, object]
  typing: [{ conversation: Id; typing: boolean }, object]
  /** `away`: this device; `doNotDisturb`: the person, on all devices. */
  setPresence: [{ away?: boolean; doNotDisturb?: boolean }, object]
  sync: [{ since: string | null }, SyncPage]
  startCall: [{ conversation: Id }, { call: Call; iceServers: IceServer[] }]
  acceptCall: [{ call: Id }, { call: Call; iceServers: IceServer[] }]
  /** With a message, which is sent to the caller like any other. */
  rejectCall: [{ call: Id; message?: { clientId: string; content: string } }, { message?: Message }]
  /** Into a running call of one's group, back into one that one left, or instead of another own device. */
  joinCall: [{ call: Id }, { call: Call; iceServers: IceServer[] }]
  leaveCall: [{ call: Id; reason?: 'microphoneRefused' }, object]
  endCall: [{ call: Id }, object]
  inviteToCall: [{ call: Id; user: Id }, object]
  removeFromCall: [{ call: Id; user: Id }, object]
  mediaOffer: [{ call: Id; sdp: string }, { sdp: string; participant: unknown }]
  iceServers: [{ call: Id }, { iceServers: IceServer[] }]
  /** `user` is somebody else, whom one may mute by role; nobody else's microphone can be turned on. */
  setMuted: [{ call: Id; muted: boolean; user?: Id }, object]
  callStats: [{ call: Id } & CallStats, object]
  networkTest: [NetworkTestStep, NetworkTestAnswer]
}
export type NetworkTestStep =
  | { step: 'start' }
  | { step: 'offer'; test: Id; way: PathName; peer: 'first' | 'second'; sdp: string }
  | { step: 'stop'; test: Id }
/** The answer to `start` has the first two, that to `offer` the last. */
export interface NetworkTestAnswer { test?: Id; iceServers?: IceServer[]; sdp?: string }
export interface SyncPage {
  since: string
  more: boolean
  /** Out of these one is: to be forgotten before what follows, for one may have come back. */
  left: Id[]
  conversations: { conversation: Conversation; messages: Message[]; changed?: Message[] }[]
  calls: Call[]
}
/** What only the browser knows of a call's sound over the last five seconds; absent where it cannot tell. */
export interface CallStats {
  rttMs?: number
  jitterBufferMs?: number
  playoutDelayMs?: number
  concealedPct?: number
  playoutGapPct?: number
  audioLevel?: number
  microphoneLevel?: number
  availableKbps?: number
  candidate?: (typeof CANDIDATES)[number]
  protocol?: (typeof PROTOCOLS)[number]
}
export const CANDIDATES = ['host', 'srflx', 'prflx', 'relay'] as const
export const PROTOCOLS = ['udp', 'tcp', 'tls'] as const
export interface Welcome { user: OwnUser | User; device: Id; epoch: Id; calls: Call[]; settings: Settings; mutes: Mute[]; missedCalls?: MissedCalls }

/** What the server says unasked. */
export interface ServerEvents {
  welcome: Welcome
  newMessage: { message: Message }
  /** Edited, deleted or reacted to: apply by id and `rev`. */
  messageUpdated: { message: Message }
  receipt: Receipt
  typing: { conversation: Id; user: Id; typing: boolean }
  conversationUpdated: { conversation: Id; rev: number }
  incomingCall: { call: Call; iceServers: IceServer[] }
  ringStopped: { call: Id; reason: 'answeredElsewhere' | 'declinedElsewhere' | 'ended' }
  callUpdated: { call: Call }
  slots: { call: Id; slots: Slot[] }
  /** Who speaks now, in a call of three and more. */
  speaking: { call: Id; users: Id[] }
  /** Every five seconds, to the devices in the call. A leg without media is not among them. */
  quality: { call: Id; legs: HopQuality[] }
  callEnded: { call: Call }
  /** Whenever it changes, to every device of a person. */
  missedCalls: MissedCalls
  /** To those who may know it. */
  presence: Presence
  /** These three to one's own devices. */
  settingsChanged: { settings: Settings }
  blockChanged: { user: Id; blocked: boolean }
  muteChanged: { conversation: Id; muted: boolean; until: Timestamp | null }
  sessionRevoked: object
  /** A newer socket of this device is there; this one is closed. */
  replaced: object
}
export const SERVER_EVENTS = [
  'welcome', 'newMessage', 'messageUpdated', 'receipt', 'typing', 'conversationUpdated', 'incomingCall', 'ringStopped', 'callUpdated', 'slots', 'speaking', 'quality',
  'callEnded', 'missedCalls', 'presence', 'settingsChanged', 'blockChanged', 'muteChanged', 'sessionRevoked', 'replaced',
] as const satisfies readonly (keyof ServerEvents)[]

export const MAX_CONTENT_BYTES = 4096
export const hasEnded = (call: Call): boolean => call.status !== 'ringing' && call.status !== 'active'
export const contentBytes = (text: string): number => new TextEncoder().encode(text).length
