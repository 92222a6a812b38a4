// Calls somebody's eyes to this tab: the title, and, where allowed, notifications while it is in the background.
import { computed, onUnmounted, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useCalls } from './stores/calls'
import { useChats } from './stores/chats'

const canNotify = (): boolean => 'Notification' in globalThis && Notification.permission === 'granted'

export function useAttention(): void {
  const { t } = useI18n()
  const chats = useChats()
  const calls = useCalls()
  const open = new Set<Notification>()

  const caller = computed(() => (calls.state.phase === 'incoming' ? chats.nameOf(calls.state.call.caller) : null))
  const title = computed(() => {
    if (caller.value !== null) return `☎ ${t('call.incoming', { name: caller.value })}`
    if (['calling', 'connecting', 'active', 'reconnecting'].includes(calls.stage)) return `${t('call.onCall')} · ${t('app.name')}`
    return chats.unread > 0 ? `(${chats.unread}) ${t('app.name')}` : t('app.name')
  })
  watch(title, (text) => (document.title = text), { immediate: true })

  function notify(tag: string, text: string, body: string): void {
    if (document.hasFocus() || !canNotify()) return
    let notification: Notification
    try {
      notification = new Notification(text, { body, tag, icon: '/favicon.svg' })
    } catch {
      // Some phones have them through a service worker only.
      return
    }
    open.add(notification)
    notification.addEventListener('close', () => open.delete(notification))
    notification.addEventListener('click', () => {
      focus()
      notification.close()
    })
  }
  watch(
    () => chats.arrived,
    (message) => message && notify(message.conversation, chats.nameOf(message.fromUser), message.content.slice(0, 140)),
  )
  watch(caller, (name, before) => {
    if (name !== null && name !== '…') notify('call', t('call.incoming', { name }), t('call.incomingHint'))
    else if (before !== null) for (const notification of open) if (notification.tag === 'call') notification.close()
  })
  onUnmounted(() => {
    document.title = t('app.name')
    for (const notification of open) notification.close()
  })
}
