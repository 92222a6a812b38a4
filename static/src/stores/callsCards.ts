// The calls of a conversation, as its history shows them between the messages: the newest ones, fetched when it is opened
// and when a call ended. Loaded after the first view.
import { defineStore } from 'pinia'
import { reactive, watch } from 'vue'
import { rest } from '../net/rest'
import type { Call, Id } from '../protocol'
import { useCalls } from './calls'

const NEWEST = 50

export const useCallCards = defineStore('callsCards', () => {
  /** Ended calls, from old to new. */
  const cards = reactive<Record<Id, readonly Call[]>>({})

  async function load(conversation: Id): Promise<void> {
    const answer = await rest.callsOf(conversation, NEWEST)
    if (answer.ok) cards[conversation] = answer.value.calls.filter((call) => call.endTime !== null).toReversed()
  }
  const calls = useCalls()
  watch(() => calls.endings, () => {
    for (const conversation of Object.keys(cards)) void load(conversation)
  })
  return { cards, load }
})
