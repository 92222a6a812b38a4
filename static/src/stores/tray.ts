// The files that are to go with the message being written, per conversation. They survive the page (files/kept.ts) until
// they are sent, taken out or signed out of; nobody but whose they are sees them.
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { kept } from '../files/kept'
import { kindOf, MAX_FILES, plainName, refusal } from '../files/kinds'
import type { Id } from '../protocol'
import type { Outgoing } from './sender'
import { useSession } from './session'

/** `address` shows the bytes on this page. */
export interface Laid extends Outgoing { address: string }
/** Why a file was not taken. */
export interface Refusal { name: string; why: 'tooLarge' | 'empty' | 'type' | 'tooMany' }

export const useTray = defineStore('tray', () => {
  const trays = reactive<Record<Id, Laid[]>>({})
  let owner: Id | null = null
  const show = (kind: Laid['file']['kind'], bytes: Blob): string => (kind === 'image' || kind === 'video' ? URL.createObjectURL(bytes) : '')

  /** Takes up what an earlier page left, once for each who signs in here. */
  async function restore(): Promise<void> {
    const user = useSession().user?.id ?? null
    if (user === owner) return
    for (const conversation of Object.keys(trays)) clear(conversation)
    owner = user
    if (!user) return
    const found = await kept.of(user, Date.now())
    if (owner !== user) return
    for (const { conversation, file, bytes } of found.toReversed()) {
      const tray = (trays[conversation] ??= [])
      if (tray.length < MAX_FILES && !tray.some((laid) => laid.file.key === file.key)) tray.unshift({ file, bytes, address: show(file.kind, bytes) })
    }
  }

  const of = (conversation: Id): readonly Laid[] => trays[conversation] ?? []

  /** Takes files in; those it cannot take come back, with the reason. */
  function lay(conversation: Id, files: readonly File[]): Refusal[] {
    // The code that sends is fetched now: later the network may be gone.
    void import('../files/upload').catch(() => {})
    const tray = (trays[conversation] ??= [])
    const refused: Refusal[] = []
    for (const bytes of files) {
      const why = tray.length >= MAX_FILES ? 'tooMany' : refusal(bytes, useSession().info?.files)
      if (why) {
        refused.push({ name: bytes.name, why })
        continue
      }
      const kind = kindOf(bytes.type)
      const file = { key: crypto.randomUUID(), kind, name: plainName(bytes.name), mime: bytes.type, size: bytes.size }
      tray.push({ file, bytes, address: show(kind, bytes) })
      void kept.put(useSession().user?.id ?? '', conversation, file, bytes, Date.now() + tray.length)
    }
    return refused
  }

  function takeOut(conversation: Id, key: string): void {
    void kept.drop([key])
    const laid = trays[conversation]?.find(({ file }) => file.key === key)
    if (laid?.address) URL.revokeObjectURL(laid.address)
    trays[conversation] = of(conversation).filter(({ file }) => file.key !== key)
  }

  /** All of them, to be sent; the tray is empty then. On disk they are until the outbox has them. */
  function clear(conversation: Id): Outgoing[] {
    const all = of(conversation)
    delete trays[conversation]
    return all.map(({ file, bytes, address }) => {
      if (address) URL.revokeObjectURL(address)
      return { file, bytes }
    })
  }

  return { trays, of, restore, lay, takeOut, clear }
})
