// REST of one's own account: what few views need, and so is loaded with them.
import type { OwnUser, Settings } from '../protocol'
import { request } from './rest'

export const account = {
  settings: () => request<Settings>('GET', 'users/me/settings'),
  change: (changed: Partial<Settings>) => request<Settings>('PATCH', 'users/me/settings', changed),
  me: () => request<OwnUser>('GET', 'users/me'),
  /** Sets a password by the secret of a link; every session ends. */
  reset: (secret: string, newPassword: string) => request<null>('POST', 'auth/reset', { reset: secret, newPassword }),
}
