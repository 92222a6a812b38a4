// The browser's offer to install the page. It comes once, early, and is lost to whoever listens later.
export interface InstallEvent extends Event { prompt(): Promise<unknown> }

export const offer: { event: InstallEvent | null; changed: () => void } = { event: null, changed: () => {} }

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  offer.event = event as InstallEvent
  offer.changed()
})
