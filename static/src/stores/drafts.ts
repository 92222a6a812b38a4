// What was begun to be written and not sent, per conversation; kept on this device until sent or signed out.
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import type { Id } from '../protocol'

const KEY = 'charla.drafts'
/** What the message being written answers, or which one it changes. */
export interface Draft { text: string; replyTo?: Id; editing?: Id }

function load(): Record<Id, Draft> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<Id, Draft>
  } catch {
    return {}
  }
}

export const useDrafts = defineStore('drafts', () => {
  const drafts = reactive<Record<Id, Draft>>(load())
  const of = (conversation: Id): Draft => drafts[conversation] ?? { text: '' }

  function put(conversation: Id, draft: Draft): void {
    if (draft.text || draft.replyTo || draft.editing) drafts[conversation] = draft
    else delete drafts[conversation]
    try {
      localStorage.setItem(KEY, JSON.stringify(drafts))
    } catch {
      // A full disk: the draft lives as long as the page.
    }
  }

  function clear(): void {
    for (const conversation of Object.keys(drafts)) delete drafts[conversation]
    localStorage.removeItem(KEY)
  }

  return { drafts, of, put, clear }
})
