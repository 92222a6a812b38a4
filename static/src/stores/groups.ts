// What may be done to a group; how it is afterwards, the server says.
import { defineStore } from 'pinia'
import { rest } from '../net/rest'
import { ok, type Conversation, type GroupRole, type Id, type Result } from '../protocol'
import { useChats } from './chats'
import { useSession } from './session'

export const useGroups = defineStore('groups', () => {
  async function adopted(asked: Promise<Result<Conversation>>): Promise<Result<Conversation>> {
    const answer = await asked
    if (answer.ok) useChats().adopt(answer.value)
    return answer
  }

  const create = (name: string, members: Id[]) => adopted(rest.createGroup(name, members))
  const rename = (group: Id, name: string) => adopted(rest.renameGroup(group, name))
  const add = (group: Id, users: Id[]) => adopted(rest.addMembers(group, users))
  const giveRole = (group: Id, user: Id, role: GroupRole) => adopted(rest.setGroupRole(group, user, role))

  /** Oneself: leaves. */
  async function remove(group: Id, user: Id): Promise<Result<null>> {
    const answer = await rest.removeMember(group, user)
    if (!answer.ok) return answer
    await useChats().onChange(group)
    return ok(null)
  }
  const leave = (group: Id) => remove(group, useSession().user?.id ?? '')

  return { create, rename, add, giveRole, remove, leave }
})
