// Starts the page: language and theme, the owner link's secret out of the address, who is signed in, then the view.
import './styles/tokens.css'
import './styles/base.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, preferredLanguage, useLanguage } from './i18n'
import { router } from './router'
import { useSession } from './stores/session'
import { applyTheme } from './theme'

applyTheme()

const app = createApp(App)
app.use(createPinia())
app.use(i18n)

const session = useSession()
const claim = new URLSearchParams(location.hash.slice(1)).get('claim')
if (claim) {
  session.claim = claim
  history.replaceState(history.state, '', location.pathname + location.search)
}

// The router asks at once who is signed in, so that must be known before.
await Promise.all([session.boot(), useLanguage(preferredLanguage()).catch(() => useLanguage('en'))])
app.use(router)
app.mount('#app')
