// Calls somebody's eyes to this tab: the title and the badge of the app; where wished and allowed, notifications of the
// system while it is in the background, and a sound. Loaded after the first view.
import { computed, onUnmounted, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { closeThroughWorker, notifyThroughWorker } from './offline/app'
import type { Message } from './protocol'
import { telling } from './settings/preferences'
import { useCalls } from './stores/calls'
import { useChats } from './stores/chats'
import { useRegards } from './stores/regards'

const ON_CALL = ['calling', 'connecting', 'active', 'reconnecting']
type Badging = Navigator & { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> }

/** Whether it is before somebody's eyes already. */
export const isWatched = (message: Message): boolean =>
  useChats().open === message.conversation && document.visibilityState === 'visible' && document.hasFocus()

/** What a notification says of it, as far as its reader wishes others to see that. */
function preview({ content, attachments }: Message, t: (key: string) => string): string {
  if (!telling.preview) return t('extra.something')
  return content ? content.slice(0, 140) : attachments?.length ? t('extra.attachment') : t('extra.something')
}

/** The tab was brought to the front by a notification; where it leads is for the router. */
const opened = (path: string) => dispatchEvent(new CustomEvent('charla:open', { detail: path }))

function showBadge(count: number): void {
  const badge = navigator as Badging
  void (count > 0 ? badge.setAppBadge?.(count) : badge.clearAppBadge?.())?.catch(() => {})
}

export function useAttention(): void {
  const { t } = useI18n()
  const chats = useChats()
  const calls = useCalls()
  const regards = useRegards()
  const shown = new Set<Notification>()

  const caller = computed(() => (calls.state.phase === 'incoming' ? chats.nameOf(calls.state.call.caller) : null))
  const title = computed(() => {
    if (caller.value !== null) return `☎ ${t('call.incoming', { name: caller.value })}`
    if (ON_CALL.includes(calls.stage)) return `${calls.clock ? `${calls.clock} ` : ''}${t('call.onCall')} · ${t('app.name')}`
    return chats.unread > 0 ? `(${chats.unread}) ${t('app.name')}` : t('app.name')
  })
  watch(title, (text) => (document.title = text), { immediate: true })
  watch(() => chats.unread, showBadge, { immediate: true })

  async function notify(tag: string, text: string, body: string, path: string, requireInteraction = false): Promise<void> {
    if (document.hasFocus() || !telling.system || !('Notification' in globalThis) || Notification.permission !== 'granted') return
    const options = { body, tag, icon: '/icons/192.png', badge: '/icons/badge.png', data: { path }, silent: true, requireInteraction }
    let notification: Notification
    try {
      notification = new Notification(text, options)
    } catch {
      // Some phones have them through a service worker only.
      await notifyThroughWorker(text, options)
      // It may have stopped ringing while the worker was at it.
      if (tag === 'call' && caller.value === null) await closeThroughWorker(tag)
      return
    }
    shown.add(notification)
    notification.addEventListener('close', () => shown.delete(notification))
    notification.addEventListener('click', () => {
      focus()
      notification.close()
      opened(path)
    })
  }
  watch(() => chats.arrived, (message) => {
    if (!message || !regards.mayTell(message.conversation)) return
    void notify(message.conversation, chats.nameOf(message.fromUser), preview(message, t), `/c/${message.conversation}`)
    if (telling.sound && !isWatched(message) && !ON_CALL.includes(calls.stage)) void import('./settings/chime').then(({ chime }) => chime()).catch(() => {})
  })
  watch(caller, (name, before) => {
    if (name !== null && name !== '…') void notify('call', t('extra.call', { name }), t('extra.callHint'), '/', true)
    else if (name === null && before !== null) {
      for (const notification of shown) if (notification.tag === 'call') notification.close()
      void closeThroughWorker('call')
    }
  })
  // What rang and was not answered must not be found out by opening the page.
  watch(() => (calls.state.phase === 'ended' && calls.state.outcome.key === 'missed' ? calls.state.call?.id : undefined), (id) => {
    if (!id || !calls.call) return
    const { caller: from, conversation } = calls.call
    void notify(`missed-${conversation}`, t('extra.missed', { name: chats.nameOf(from) }), t('extra.missedHint'), `/c/${conversation}`)
  })
  onUnmounted(() => {
    document.title = t('app.name')
    for (const notification of shown) notification.close()
    showBadge(0)
  })
}
