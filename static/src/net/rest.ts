// REST by cookie: one function per route the page uses. Knows fetch, and nothing of views or stores.
import {
  ok, problem, refused, toProblem,
  type Call, type CallDetail, type Conversation, type Found, type GroupColor, type GroupRole, type Id, type Info, type Message, type MissedCalls, type Mute, type OwnUser,
  type Presence, type Result, type Session, type Timestamp, type User,
} from '../protocol'

const BASE = '/api/v1/'
const TIMEOUT_MS = 15_000

/** One request under `/api/v1/`; the other files of routes use it too. */
export async function request<T>(method: string, path: string, body?: unknown): Promise<Result<T>> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' }
  if (method !== 'GET') headers['X-Charla-Csrf'] = '1'
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    const response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.ok) return ok((text ? JSON.parse(text) : null) as T)
    return refused(readProblem(response, text))
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
    return refused(problem(timedOut ? 'timeout' : 'offline'))
  }
}

function readProblem(response: Response, text: string) {
  let parsed: unknown = null
  try {
    parsed = JSON.parse(text)
  } catch {
    // Not ours (a proxy's error page, say): toProblem makes it an internal error.
  }
  const found = toProblem(parsed)
  const retryAfter = Number(response.headers.get('Retry-After'))
  if (retryAfter > 0 && found.retryAfterMs === undefined) found.retryAfterMs = retryAfter * 1000
  return found
}

export const query = (entries: { [key: string]: string | number | undefined }): string => {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) params.set(key, String(value))
  const text = params.toString()
  return text ? `?${text}` : ''
}

export interface Credentials { user: OwnUser }
/** What is searched for: words, and if wished by whom, in which conversation, between which times. */
export interface Asked { q: string; from?: Id; in?: Id; after?: Timestamp; before?: Timestamp }

export const rest = {
  info: () => request<Info>('GET', 'info'),
  me: () => request<OwnUser>('GET', 'users/me'),
  /** `opening` is the secret of a link that opens registration. */
  register: (username: string, email: string, password: string, opening: { invite?: string; claim?: string }) =>
    request<Credentials>('POST', 'auth/register', { username, email, password, ...opening }),
  login: (username: string, password: string) => request<Credentials>('POST', 'auth/login', { username, password }),
  refresh: () => request<Credentials>('POST', 'auth/refresh', {}),
  logout: () => request<null>('POST', 'auth/logout'),
  changePassword: (oldPassword: string, newPassword: string) =>
    request<null>('POST', 'auth/password', { oldPassword, newPassword }),
  claim: (claim: string) => request<OwnUser>('POST', 'auth/claim', { claim }),
  sessions: () => request<{ sessions: Session[] }>('GET', 'auth/sessions'),
  endSession: (id: Id) => request<null>('DELETE', `auth/sessions/${id}`),
  user: (id: Id) => request<User>('GET', `users/${id}`),
  users: (prefix: string) => request<{ users: User[] }>('GET', `users${query({ query: prefix, limit: 20 })}`),
  openConversation: (user: Id) => request<Conversation>('POST', 'conversations', { user }),
  conversation: (id: Id) => request<Conversation>('GET', `conversations/${id}`),
  createGroup: (clientId: string, name: string, members: Id[]) => request<Conversation>('POST', 'groups', { clientId, name, members }),
  renameGroup: (group: Id, name: string) => request<Conversation>('PUT', `groups/${group}`, { name }),
  setGroupColor: (group: Id, color: GroupColor | null) => request<Conversation>('PUT', `groups/${group}/color`, { color }),
  setGroupPicture: (group: Id, picture: Id | null) => request<Conversation>('PUT', `groups/${group}/picture`, { picture }),
  addMembers: (group: Id, users: Id[]) => request<Conversation>('POST', `groups/${group}/members`, { users }),
  setGroupRole: (group: Id, user: Id, role: GroupRole) => request<Conversation>('PUT', `groups/${group}/members/${user}`, { role }),
  removeMember: (group: Id, user: Id) => request<null>('DELETE', `groups/${group}/members/${user}`),
  messages: (conversation: Id, where: { before: number } | { after: number }, limit = 100) =>
    request<{ messages: Message[]; next: string | null }>(
      'GET', `conversations/${conversation}/messages${query({ ...where, limit })}`),
  search: (asked: Asked, cursor?: string, limit = 30) =>
    request<{ messages: Found[]; next: string | null }>('GET', `messages/search${query({ ...asked, cursor, limit })}`),
  presences: () => request<{ presences: Presence[] }>('GET', 'users/presence'),
  blocks: () => request<{ users: User[] }>('GET', 'users/me/blocks'),
  block: (user: Id) => request<null>('PUT', `users/me/blocks/${user}`),
  unblock: (user: Id) => request<null>('DELETE', `users/me/blocks/${user}`),
  mute: (conversation: Id, until: Timestamp | null) => request<Mute>('PUT', `conversations/${conversation}/mute`, until ? { until } : {}),
  unmute: (conversation: Id) => request<null>('DELETE', `conversations/${conversation}/mute`),
  calls: (after?: string, limit = 30) =>
    request<{ calls: Call[]; next: string | null }>('GET', `calls${query({ after, limit })}`),
  callsOf: (conversation: Id, limit: number) =>
    request<{ calls: Call[]; next: string | null }>('GET', `calls${query({ conversation, limit })}`),
  missedSeen: (conversation?: Id) => request<MissedCalls>('POST', 'calls/missed/seen', conversation ? { conversation } : {}),
  call: (id: Id) => request<CallDetail>('GET', `calls/${id}`),
}
