// What was begun to be written and not sent, per conversation; kept on this device until sent or signed out, for whom it
// is of alone.
import { defineStore } from 'pinia'
import { reactive, watch } from 'vue'
import type { Id } from '../protocol'
import { useSession } from './session'

const KEY = 'charla.drafts'
/** What the message being written answers, or which one it changes. */
export interface Draft { text: string; replyTo?: Id; editing?: Id }

export const useDrafts = defineStore('drafts', () => {
  const drafts = reactive<Record<Id, Draft>>({})
  const of = (conversation: Id): Draft => drafts[conversation] ?? { text: '' }
  const key = (user = useSession().user?.id): string => `${KEY}.${user}`

  function forget(): void {
    for (const conversation of Object.keys(drafts)) delete drafts[conversation]
  }
  // Two people may share a conversation and, one after the other, this page.
  watch(() => useSession().user?.id, (user) => {
    forget()
    if (!user) return
    try {
      Object.assign(drafts, JSON.parse(localStorage.getItem(key(user)) ?? '{}'))
    } catch {
      // Not ours: as good as none.
    }
  }, { immediate: true, flush: 'sync' })

  function put(conversation: Id, draft: Draft): void {
    if (draft.text || draft.replyTo || draft.editing) drafts[conversation] = draft
    else delete drafts[conversation]
    try {
      localStorage.setItem(key(), JSON.stringify(drafts))
    } catch {
      // A full disk: the draft lives as long as the page.
    }
  }

  function clear(): void {
    localStorage.removeItem(key())
    forget()
  }

  return { drafts, of, put, clear }
})
