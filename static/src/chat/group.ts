// What a group tells of itself in its history, as a key and the names in it. Pure; whose name it is, the caller knows.
import type { GroupRole, Id, Member, Message } from '../protocol'

/** A sentence of `chat.did`, and what stands in it. */
export interface Told { key: string; names: Record<string, string> }

export function told(message: Message, nameOf: (user: Id) => string): Told | null {
  const note = message.system
  if (!note) return null
  const names: Record<string, string> = { who: nameOf(message.fromUser) }
  if (note.name) names['name'] = note.name
  const whom = note.users ?? (note.user ? [note.user] : [])
  if (whom.length > 0) names['whom'] = whom.map(nameOf).join(', ')
  const taken = (note.kind === 'colorChanged' && !note.color) || (note.kind === 'pictureChanged' && !note.picture)
  if (taken) return { key: `${note.kind}_none`, names }
  return { key: note.kind === 'roleChanged' ? `role_${note.role}` : note.kind, names }
}

const RANK: Record<GroupRole, number> = { owner: 2, admin: 1, member: 0 }

/** The owner first, then the admins, then by name. */
export const ranked = (members: readonly Member[]): Member[] =>
  [...members].sort((a, b) => RANK[b.role] - RANK[a.role] || a.user.username.localeCompare(b.user.username))

/** Whether somebody in the role `own` may put a member in the role `theirs` out. */
export const mayRemove = (own: GroupRole, theirs: GroupRole): boolean => RANK[own] > RANK[theirs]
