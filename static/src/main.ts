// Starts the page: language and theme, a link's secret out of the address, who is signed in, then the view.
import './styles/tokens.css'
import './styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { arrival } from './arrival'
import { i18n, preferredLanguage, useLanguage } from './i18n'
import './offline/offer'
import { router } from './router'
import { useSession } from './stores/session'
import { applyTheme } from './theme'

applyTheme()

const app = createApp(App)
app.use(createPinia())
app.use(i18n)

const session = useSession()
session.link = arrival

// The router asks at once who is signed in, so that must be known before.
await Promise.all([session.boot(), useLanguage(preferredLanguage()).catch(() => useLanguage('en'))])
if (session.state === 'unreachable') await import('./offline/start').then((offline) => offline.begin()).catch(() => {})
app.use(router)
app.mount('#app')
