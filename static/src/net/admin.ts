// REST of administration: accounts and invitations. Refused by the server to everybody who is no administrator.
import type { AdminUser, Id, Invitation } from '../protocol'
import { query, request } from './rest'

export type Role = AdminUser['role']
/** A secret link, told once; only its hash is stored. */
export interface LinkOnce { link: string; expiresAt: string }
export interface UserFilter { query?: string; role?: Role; disabled?: boolean }
export interface InvitationWish { note?: string; maxUses?: number; expiresInHours?: number }

export const admin = {
  users: (filter: UserFilter, after?: string) =>
    request<{ users: AdminUser[]; next: string | null }>('GET', `admin/users${query({
      query: filter.query || undefined, role: filter.role, disabled: filter.disabled === undefined ? undefined : String(filter.disabled), after, limit: 30,
    })}`),
  create: (username: string, email: string, role: Role) =>
    request<{ user: AdminUser } & LinkOnce>('POST', 'admin/users', { username, email, role }),
  change: (user: Id, changed: { role?: Role; disabled?: boolean }) => request<AdminUser>('PATCH', `admin/users/${user}`, changed),
  reset: (user: Id) => request<LinkOnce>('POST', `admin/users/${user}/reset`),
  invitations: (after?: string) =>
    request<{ invitations: Invitation[]; next: string | null }>('GET', `admin/invitations${query({ after, limit: 30 })}`),
  invite: (wish: InvitationWish) => request<{ invitation: Invitation; link: string }>('POST', 'admin/invitations', wish),
  revoke: (invitation: Id) => request<null>('DELETE', `admin/invitations/${invitation}`),
}
