// What an administrator is offered for an account. Pure. The server decides; this only hides what it would refuse.
import type { Id } from '../protocol'

export type Role = 'owner' | 'admin' | 'member'
export interface Account { id: Id; role: Role; disabled: boolean }
export type Deed = 'switchOff' | 'switchOn' | 'reset' | 'makeOwner' | 'makeAdmin' | 'makeMember'

/** Only an owner acts on administrators and owners, and only an owner gives roles. On oneself nothing is offered. */
export function deedsOn(me: Account, other: Account): Deed[] {
  if (me.id === other.id || me.role === 'member') return []
  if (me.role === 'admin' && other.role !== 'member') return []
  const deeds: Deed[] = ['reset']
  if (me.role === 'owner') {
    if (other.role !== 'owner') deeds.push('makeOwner')
    if (other.role !== 'admin') deeds.push('makeAdmin')
    if (other.role !== 'member') deeds.push('makeMember')
  }
  deeds.push(other.disabled ? 'switchOn' : 'switchOff')
  return deeds
}

/** Roles that somebody may give to an account that he makes. */
export const rolesToGive = (me: Role): Role[] => (me === 'owner' ? ['member', 'admin', 'owner'] : ['member'])
