// Who is signed in on this page, and what the server is.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { rest } from '../net/rest'
import type { SecretLink } from '../landing'
import type { Info, OwnUser, Problem, Result } from '../protocol'

const REFRESHED = 'charla.refreshed'
const DAY_MS = 86_400_000

export const useSession = defineStore('session', () => {
  const state = ref<'unknown' | 'out' | 'in' | 'unreachable'>('unknown')
  const user = ref<OwnUser | null>(null)
  const info = ref<Info | null>(null)
  /** The secret link by which this page was opened, until it has been used. In memory alone. */
  const link = ref<SecretLink | null>(null)
  /** Signed in as far as this device knows: the server could not be asked yet. */
  const offline = ref(false)
  /** Said once on the sign-in page. */
  const notice = ref<'signedOut' | 'ended' | null>(null)

  async function boot(): Promise<void> {
    const [me, about] = await Promise.all([rest.me(), rest.info()])
    if (about.ok) info.value = about.value
    if (me.ok) enter(me.value)
    else if (me.problem.code === 'unauthenticated') state.value = 'out'
    else state.value = 'unreachable'
    if (state.value === 'in') await keepAlive()
  }

  /** The cookie is renewed once a day, by one tab. */
  async function keepAlive(): Promise<void> {
    const last = Number(localStorage.getItem(REFRESHED) ?? 0)
    if (Date.now() - last < DAY_MS) return
    localStorage.setItem(REFRESHED, String(Date.now()))
    await rest.refresh()
  }

  function enter(own: OwnUser): void {
    user.value = own
    state.value = 'in'
    offline.value = false
    notice.value = null
  }

  /** Begins as whom this device knows from before; `confirm` asks the server as soon as it can be reached. */
  function enterOffline(own: OwnUser): void {
    enter(own)
    offline.value = true
  }
  async function confirm(): Promise<void> {
    if (!offline.value) return
    const [me, about] = await Promise.all([rest.me(), rest.info()])
    if (about.ok) info.value = about.value
    if (me.ok) {
      enter(me.value)
      await keepAlive()
    } else if (me.problem.code === 'unauthenticated') leave('ended')
  }

  async function login(username: string, password: string): Promise<Problem | null> {
    return signedIn(await rest.login(username, password))
  }

  async function register(username: string, email: string, password: string): Promise<Problem | null> {
    const { kind, secret } = link.value ?? {}
    const opening = kind === 'invite' ? { invite: secret ?? '' } : kind === 'claim' ? { claim: secret ?? '' } : {}
    const problem = signedIn(await rest.register(username, email, password, opening))
    // The owner link is used up by `useClaim`, an invitation by the account that it made.
    if (!problem && kind === 'invite') link.value = null
    return problem
  }

  function signedIn(answer: Result<{ user: OwnUser }>): Problem | null {
    if (!answer.ok) return answer.problem
    localStorage.setItem(REFRESHED, String(Date.now()))
    enter(answer.value.user)
    return null
  }

  async function useClaim(): Promise<Problem | null> {
    if (link.value?.kind !== 'claim') return null
    const answer = await rest.claim(link.value.secret)
    if (answer.ok || !['offline', 'timeout', 'unavailable', 'tooMany'].includes(answer.problem.code)) link.value = null
    if (!answer.ok) return answer.problem
    user.value = answer.value
    if (info.value) info.value.claimable = false
    return null
  }

  async function logout(): Promise<Problem | null> {
    const answer = await rest.logout()
    if (!answer.ok && answer.problem.code !== 'unauthenticated') return answer.problem
    const [{ outbox }, { kept }, { useDrafts }] = await Promise.all([import('../outbox'), import('../files/kept'), import('./drafts')])
    await Promise.all([outbox.clear(), kept.clear()])
    useDrafts().clear()
    sessionStorage.clear()
    leave('signedOut')
    return null
  }

  /** The session is over, by this page's doing or not. */
  function leave(why: 'signedOut' | 'ended'): void {
    state.value = 'out'
    user.value = null
    notice.value = why
  }

  return { state, user, info, link, offline, notice, boot, enterOffline, confirm, login, register, useClaim, logout, leave }
})
