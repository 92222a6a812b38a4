// The shortcuts of the whole page at work: keys in, moves of the router and of the focus out.
import { onUnmounted } from 'vue'
import { useRouter } from 'vue-router'
import { useChats } from '../stores/chats'
import { actionOf, chordOf, type Action } from './keys'
import { bindings } from './preferences'

export function useShortcuts(): void {
  const router = useRouter()
  const chats = useChats()

  async function toNeighbour(step: 1 | -1): Promise<void> {
    const ids = chats.sorted.map(({ conversation }) => conversation.id)
    const now = ids.indexOf(String(router.currentRoute.value.params['id']))
    const next = ids[now < 0 ? 0 : (now + step + ids.length) % ids.length]
    if (next) await router.push({ name: 'chat', params: { id: next } })
  }
  const acts: Record<Action, () => Promise<unknown>> = {
    search: async () => {
      if (!['chats', 'chat'].includes(String(router.currentRoute.value.name)) || matchMedia('(max-width: 799px)').matches) await router.push('/')
      document.querySelector<HTMLElement>('input[type="search"]')?.focus()
    },
    nextChat: () => toNeighbour(1),
    previousChat: () => toNeighbour(-1),
    goSettings: () => router.push('/settings'),
  }
  function onKey(event: KeyboardEvent): void {
    // A dialog has the keyboard to itself.
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open], [role="alertdialog"], [role="dialog"][aria-modal="true"]')) return
    const chord = chordOf(event)
    const action = chord && actionOf(bindings, chord)
    if (!action) return
    event.preventDefault()
    void acts[action]()
  }
  addEventListener('keydown', onKey)
  onUnmounted(() => removeEventListener('keydown', onKey))
}
