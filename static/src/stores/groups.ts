// What may be done to a group; how it is afterwards, the server says.
import { defineStore } from 'pinia'
import { upload } from '../files/upload'
import { rest } from '../net/rest'
import { isTransient, ok, type Conversation, type GroupColor, type GroupRole, type Id, type Result } from '../protocol'
import { useChats } from './chats'
import { useSession } from './session'

export const useGroups = defineStore('groups', () => {
  async function adopted(asked: Promise<Result<Conversation>>): Promise<Result<Conversation>> {
    const answer = await asked
    if (answer.ok) useChats().adopt(answer.value)
    return answer
  }

  /** A try whose answer did not come may have been done: asked again for the same, it is the same group. */
  let unanswered: { wish: string; clientId: string } | null = null
  async function create(name: string, members: Id[]): Promise<Result<Conversation>> {
    const wish = JSON.stringify([name, members])
    const clientId = unanswered?.wish === wish ? unanswered.clientId : crypto.randomUUID()
    const answer = await adopted(rest.createGroup(clientId, name, members))
    unanswered = !answer.ok && isTransient(answer.problem.code) ? { wish, clientId } : null
    return answer
  }
  const rename = (group: Id, name: string) => adopted(rest.renameGroup(group, name))
  const recolor = (group: Id, color: GroupColor | null) => adopted(rest.setGroupColor(group, color))
  /** A picture that the browser made; null: none. */
  async function hang(group: Id, picture: Blob | null): Promise<Result<Conversation>> {
    if (!picture) return adopted(rest.setGroupPicture(group, null))
    const brought = await upload(picture, 'picture.jpg', null, () => {}, new AbortController().signal)
    return brought.ok ? adopted(rest.setGroupPicture(group, brought.value.id)) : brought
  }
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

  return { create, rename, recolor, hang, add, giveRole, remove, leave }
})
