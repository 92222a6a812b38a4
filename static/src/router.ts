// Which address shows what, and who may see it.
import { take } from './arrival'
import { createRouter, createWebHistory } from 'vue-router'
import { useTexts, type Part } from './i18n'
import { useSession } from './stores/session'
import AuthView from './views/AuthView.vue'

/** A view with texts of its own. */
async function withTexts<T>(part: Part, view: Promise<T>): Promise<T> {
  await useTexts(part)
  return view
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/signin', alias: '/login', name: 'signin', component: AuthView, meta: { guest: true } },
    { path: '/register', name: 'register', component: AuthView, meta: { guest: true } },
    { path: '/reset', name: 'reset', component: () => withTexts('app', import('./views/ResetView.vue')) },
    {
      path: '/',
      component: () => import('./views/HomeView.vue'),
      children: [
        { path: '', name: 'chats', component: () => import('./views/ChatsView.vue') },
        { path: 'c/:id([0-9a-f]{24})', name: 'chat', component: () => {
          import('./components/ConversationPane.vue').catch(() => {})
          return import('./views/ChatsView.vue')
        } },
        { path: 'calls', name: 'calls', component: () => withTexts('history', import('./views/CallsView.vue')) },
        { path: 'sound', name: 'sound', component: () => withTexts('call', import('./views/SoundView.vue')) },
        { path: 'network', name: 'network', component: () => withTexts('network', import('./views/NetworkView.vue')) },
        { path: 'settings/:section?', name: 'settings', component: () => withTexts('settings', import('./views/SettingsView.vue')) },
        { path: 'admin/:part(invitations)?', name: 'admin', component: () => withTexts('admin', import('./views/AdminView.vue')) },
      ],
    },
    { path: '/:rest(.*)*', name: 'nothing', component: () => import('./views/NothingView.vue') },
  ],
})

// The server was upgraded and the view's file has another name now: the page is loaded anew, but not in a circle.
const RELOADED = 'charla.reloaded'
router.onError((_error, to) => {
  if (!navigator.onLine || Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < 10_000) return
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.assign(to.fullPath)
})

router.beforeEach((to) => {
  const session = useSession()
  // The page was open already when the link was: nothing was loaded anew.
  const link = take(to.hash)
  if (link) {
    session.link = link
    return { path: link.kind === 'reset' ? '/reset' : to.path, query: to.query, hash: '', replace: true }
  }
  const inside = session.state === 'in'
  if (to.meta['guest'] === true) return inside ? { name: 'chats' } : true
  if (to.name === 'nothing' || to.name === 'reset' || inside) return true
  // Who was invited wants an account, not to sign in.
  if (session.link?.kind === 'invite') return { name: 'register' }
  const back = to.fullPath === '/' ? {} : { query: { next: to.fullPath } }
  return { name: 'signin', ...back }
})
