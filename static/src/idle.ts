// When the page has nothing else to do. Safari has no idle callbacks: there it is soon.
export function whenIdle(then: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(then, { timeout: 4000 })
  else setTimeout(then, 1000)
}
