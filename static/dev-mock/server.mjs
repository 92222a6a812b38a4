// A development tool: a server in memory that speaks PROTOCOL.md well enough to build the page against, with three
// people and some history. No passwords, no media: calls ring, connect and end, but carry no sound.
//   node dev-mock/server.mjs [port]     then `npm run dev`, or open it directly once dist/ is built
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { Server } from 'socket.io'

const port = Number(process.argv[2] ?? 8444)
const dist = path.join(import.meta.dirname, '..', 'dist')
const id = () => randomBytes(12).toString('hex')
const iso = (ms = Date.now()) => new Date(ms).toISOString()
const epoch = id()
const users = new Map()
const cookies = new Map()
const talks = new Map()
const calls = new Map()

const publicUser = ({ id, username, createdAt }) => ({ id, username, createdAt })
const ownUser = (user) => ({ ...publicUser(user), email: user.email, role: user.role })
function addUser(username, email = `${username.toLowerCase()}@example.org`) {
  const user = { id: id(), username, email, role: 'member', createdAt: iso() }
  users.set(user.id, user)
  return user
}
function talkOf(a, b) {
  const known = [...talks.values()].find((talk) => talk.marks[a] && talk.marks[b])
  if (known) return known
  const talk = { id: id(), createdAt: iso(), messages: [], marks: { [a]: { d: 0, r: 0 }, [b]: { d: 0, r: 0 } } }
  talks.set(talk.id, talk)
  return talk
}
function view(talk, me) {
  const last = talk.messages.at(-1) ?? null
  const members = Object.entries(talk.marks).map(([user, { d, r }]) => ({ user: publicUser(users.get(user)), deliveredSeq: d, readSeq: r }))
  const unread = talk.messages.filter((message) => message.fromUser !== me && message.seq > talk.marks[me].r).length
  return { id: talk.id, kind: 'direct', members, lastSeq: talk.messages.length, unread, lastMessage: last, createdAt: talk.createdAt, updatedAt: last?.createdAt ?? talk.createdAt }
}
function append(talk, fromUser, content, clientId = id(), at = Date.now()) {
  const known = talk.messages.find((message) => message.clientId === clientId)
  if (known) return known
  const toUser = Object.keys(talk.marks).find((user) => user !== fromUser)
  const message = { id: id(), conversation: talk.id, seq: talk.messages.length + 1, fromUser, toUser, content, status: 'sent', createdAt: iso(at), clientId }
  talk.messages.push(message)
  return message
}
const quality = (rttMs, lossPct, jitterMs) => {
  const way = { packets: 5000, lost: 10, lossPct, jitterMs, worstJitterMs: jitterMs * 2 }
  return { rttMs, worstRttMs: rttMs * 2, up: way, down: way }
}
const leg = (user, device, extra = {}) => ({ user, device, rangAt: iso(), answeredAt: null, connectedAt: null, leftAt: null, reason: null, setupMs: null, paths: [], reconnects: 0, muted: false, quality: quality(null, 0, 0), ...extra })
function addCall(talk, caller, receiver, status, reason, ago, seconds) {
  const start = Date.now() - ago
  const answered = seconds > 0 ? { answeredAt: iso(start + 4000), connectedAt: iso(start + 4200), paths: ['udp'], quality: quality(38, seconds % 7, 6) } : {}
  const call = { id: id(), conversation: talk.id, caller, receiver, startTime: iso(start), answerTime: seconds ? iso(start + 4000) : null, connectTime: null, endTime: iso(start + seconds * 1000), durationSeconds: seconds, status, reason, legs: [leg(caller, id(), answered), leg(receiver, id(), answered)] }
  calls.set(call.id, call)
}

const [ada, ben, mira] = ['Ada', 'ben.mueller', 'Mira'].map((name) => addUser(name))
const first = talkOf(ada.id, ben.id)
const lines = ['Hi Ben, are you there?', 'Yes! Just got in.', 'How was the train?', 'Late, as ever. But I had a window seat and a good book, so I am not complaining at all.', 'Look at this: https://example.org/maps?q=station(north).', 'Ah, that is where I got lost last week 😄', 'Shall we talk later?']
for (let n = 0; n < 90; n++) append(first, n % 2 ? ben.id : ada.id, `Older message ${n + 1}`, id(), Date.now() - 2 * 86_400_000 + n * 60_000)
lines.forEach((line, n) => append(first, n % 2 ? ben.id : ada.id, line, id(), Date.now() - 3_600_000 + n * 240_000))
first.marks[ada.id] = { d: 97, r: 97 }
first.marks[ben.id] = { d: 97, r: 95 }
const second = talkOf(ada.id, mira.id)
append(second, mira.id, 'Dinner on Thursday?', id(), Date.now() - 86_400_000)
append(second, mira.id, 'I found the place with the blue door again.', id(), Date.now() - 600_000)
addCall(first, ada.id, ben.id, 'completed', 'hungUp', 7_200_000, 754)
addCall(first, ben.id, ada.id, 'missed', 'noAnswer', 9_000_000, 0)
addCall(second, mira.id, ada.id, 'completed', 'hungUp', 90_000_000, 61)
addCall(second, ada.id, mira.id, 'rejected', 'declined', 95_000_000, 0)

const refuse = (status, code, detail, errors) => ({ status, body: { type: `https://charla.chat/problems/${code}`, title: code, status, detail, code, ...(errors ? { errors } : {}) } })
const done = (body, status = 200, cookie = undefined) => ({ status, body, cookie })
function signIn(user) {
  const token = id()
  cookies.set(token, user.id)
  return done({ user: ownUser(user), accessToken: 'none', expiresAt: iso(), refreshToken: 'none' }, 200, token)
}
function anonymous(method, route, body) {
  if (route === 'info') return done({ name: 'Charla', version: '0.1.0-mock', registration: 'open', claimable: true })
  if (route === 'auth/login') {
    const user = [...users.values()].find(({ username, email }) => [username, email].some((name) => name.toLowerCase() === body.username.toLowerCase()))
    return user && body.password !== 'wrong' ? signIn(user) : refuse(401, 'wrongCredentials', 'Unknown user or wrong password.')
  }
  if (route === 'auth/register') {
    const taken = [...users.values()].some(({ username }) => username.toLowerCase() === body.username.toLowerCase())
    if (taken) return refuse(409, 'taken', 'This username is taken.', [{ field: 'username', detail: 'This username is taken.' }])
    if (body.password.length < 8) return refuse(422, 'invalid', 'Too short.', [{ field: 'password', detail: 'A password has at least 8 characters.' }])
    return signIn(addUser(body.username, body.email))
  }
  return refuse(401, 'unauthenticated', 'Please sign in.')
}
function answer(method, route, params, body, me, token) {
  const parts = route.split('/')
  const mine = [...talks.values()].filter((talk) => talk.marks[me.id])
  const talk = talks.get(parts[1])
  if (route === 'users/me') return done(ownUser(me))
  if (route === 'auth/logout') return cookies.delete(token), done(null, 204)
  if (route === 'auth/refresh') return done({ user: ownUser(me) })
  if (route === 'auth/claim') return (me.role = 'owner'), done(ownUser(me))
  if (route === 'auth/password') return body.oldPassword === 'wrong' ? refuse(401, 'wrongCredentials', 'The current password is not right.') : done(null, 204)
  if (route === 'auth/sessions') return done({ sessions: ['Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0', 'Mozilla/5.0 (iPhone) Safari/604.1'].map((userAgent, n) => ({ id: id(), createdAt: iso(), lastSeenAt: iso(), expiresAt: iso(), userAgent, current: n === 0 })) })
  if (parts[0] === 'auth') return done(null, 204)
  if (route === 'users') return done({ users: [...users.values()].filter((user) => user !== me && user.username.toLowerCase().startsWith(params.get('query').toLowerCase())).map(publicUser), next: null })
  if (parts[0] === 'users') return users.has(parts[1]) ? done(publicUser(users.get(parts[1]))) : refuse(404, 'notFound', 'No such user.')
  if (route === 'conversations' && method === 'POST') return done(view(talkOf(me.id, body.user), me.id))
  if (route === 'conversations') return done({ conversations: mine.map((talk) => view(talk, me.id)), next: null })
  if (parts[0] === 'conversations' && !talk?.marks[me.id]) return refuse(404, 'notFound', 'No such conversation.')
  if (parts[2] === 'messages') {
    const before = Number(params.get('before') ?? Infinity)
    return done({ messages: talk.messages.filter((message) => message.seq < before).slice(-Number(params.get('limit') ?? 50)), next: null })
  }
  if (parts[0] === 'conversations') return done(view(talk, me.id))
  if (route === 'calls') return done({ calls: [...calls.values()].filter((call) => call.endTime && [call.caller, call.receiver].includes(me.id)).sort((a, b) => b.startTime.localeCompare(a.startTime)), next: null })
  if (parts[0] === 'calls' && calls.has(parts[1])) return done(calls.get(parts[1]))
  return refuse(404, 'notFound', 'Nothing here.')
}

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
async function page(url, response) {
  const name = path.extname(url.pathname) ? url.pathname : '/index.html'
  try {
    const file = await readFile(path.join(dist, path.normalize(name)))
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': "default-src 'self'" })
    response.end(file)
  } catch {
    response.writeHead(404).end()
  }
}
const tokenOf = (header) => /charla=([0-9a-f]+)/.exec(header ?? '')?.[1]
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (!url.pathname.startsWith('/api/v1/')) return page(url, response)
  let text = ''
  for await (const chunk of request) text += chunk
  const route = url.pathname.slice('/api/v1/'.length)
  const body = text ? JSON.parse(text) : {}
  const token = tokenOf(request.headers.cookie)
  const me = users.get(cookies.get(token))
  const open = ['info', 'auth/login', 'auth/register'].includes(route)
  const reply = me && !open ? answer(request.method, route, url.searchParams, body, me, token) : anonymous(request.method, route, body)
  const headers = { 'Content-Type': reply.status < 400 ? 'application/json' : 'application/problem+json' }
  if (reply.cookie) headers['Set-Cookie'] = `charla=${reply.cookie}; Path=/; HttpOnly; SameSite=Lax`
  response.writeHead(reply.status, headers).end(reply.body === null ? '' : JSON.stringify(reply.body))
})

const io = new Server(server)
io.use((socket, next) => {
  const user = users.get(cookies.get(tokenOf(socket.handshake.headers.cookie)))
  if (!user) return next(new Error(JSON.stringify({ code: 'unauthenticated', title: 'Please sign in', detail: '' })))
  Object.assign(socket.data, { me: user.id, device: socket.handshake.auth.device ?? id() })
  next()
})
const live = (me) => [...calls.values()].filter((call) => !call.endTime && [call.caller, call.receiver].includes(me))
const fail = (code, detail) => ({ ok: false, error: { code, title: code, detail } })
function end(call, status, reason) {
  Object.assign(call, { status, reason, endTime: iso(), durationSeconds: call.answerTime ? Math.round((Date.now() - Date.parse(call.answerTime)) / 1000) : 0 })
  io.to([call.caller, call.receiver]).emit('callEnded', { call })
}
const handlers = {
  sync: ({ me }) => ({ since: iso(), more: false, calls: live(me), conversations: [...talks.values()].filter((talk) => talk.marks[me]).map((talk) => ({ conversation: view(talk, me), messages: talk.messages.slice(-30) })) }),
  sendMessage({ me, socket }, { conversation, clientId, content }) {
    if (content.includes('refuse me')) return fail('invalid', 'This cannot be sent.')
    const talk = talks.get(conversation)
    const message = append(talk, me, content, clientId)
    socket.to(Object.keys(talk.marks)).emit('newMessage', { message })
    return { message }
  },
  messageDelivered: (who, said) => mark(who, said, false),
  messageRead: (who, said) => mark(who, said, true),
  typing({ me, socket }, { conversation, typing }) {
    socket.to(Object.keys(talks.get(conversation).marks)).emit('typing', { conversation, user: me, typing })
  },
  startCall({ me, device, socket }, { conversation }) {
    const receiver = Object.keys(talks.get(conversation).marks).find((user) => user !== me)
    const call = { id: id(), conversation, caller: me, receiver, startTime: iso(), answerTime: null, connectTime: null, endTime: null, durationSeconds: 0, status: 'ringing', reason: null, legs: [leg(me, device), leg(receiver, null)] }
    calls.set(call.id, call)
    if (live(receiver).length > 1) return setTimeout(() => end(call, 'busy', 'busy'), 50), { call, iceServers: [] }
    socket.to(receiver).emit('incomingCall', { call, iceServers: [] })
    setTimeout(() => call.status === 'ringing' && end(call, 'missed', 'noAnswer'), 30_000)
    return { call, iceServers: [] }
  },
  acceptCall({ device, me, socket }, { call: which }) {
    const call = calls.get(which)
    if (call.status !== 'ringing') return fail('conflict', 'The call is over.')
    Object.assign(call, { status: 'active', answerTime: iso() })
    call.legs[1].device = device
    socket.to([call.caller]).emit('callUpdated', { call })
    socket.to(me).emit('ringStopped', { call: which, reason: 'answeredElsewhere' })
    return { call, iceServers: [] }
  },
  rejectCall: (who, { call }) => end(calls.get(call), 'rejected', 'declined'),
  leaveCall: (who, { call: which }) => {
    const call = calls.get(which)
    if (!call.endTime) end(call, call.answerTime ? 'completed' : 'cancelled', call.answerTime ? 'hungUp' : 'cancelled')
  },
  mediaOffer: () => fail('unavailable', 'The mock has no relay.'),
  setMuted({ me, socket }, { call: which, muted }) {
    const call = calls.get(which)
    call.legs.find(({ user }) => user === me).muted = muted
    socket.to([call.caller, call.receiver]).emit('callUpdated', { call })
  },
  callStats: () => {},
}
function mark({ me }, { conversation, seq }, read) {
  const talk = talks.get(conversation)
  const at = talk.marks[me]
  at.d = Math.max(at.d, seq)
  if (read) at.r = Math.max(at.r, seq)
  io.to(Object.keys(talk.marks)).emit('receipt', { conversation, user: me, deliveredSeq: at.d, readSeq: at.r })
}
io.on('connection', (socket) => {
  const { me, device } = socket.data
  socket.join(me)
  socket.emit('welcome', { user: ownUser(users.get(me)), device, epoch, calls: live(me) })
  for (const [name, handle] of Object.entries(handlers)) {
    socket.on(name, (payload, ack) => ack?.({ ok: true, ...handle({ me, device, socket }, payload ?? {}) }))
  }
})
server.listen(port, '127.0.0.1', () => console.log(`mock server on http://127.0.0.1:${port}`))
