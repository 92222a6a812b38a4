// Tells when this device came onto another network. Knows no store.
type WithType = EventTarget & { type?: string }

export function onNetworkChange(then: () => void): void {
  addEventListener('online', then)
  const connection = (navigator as Navigator & { connection?: WithType }).connection
  if (!connection) return
  let type = connection.type
  // The event comes as well when the same network's estimated speed changes.
  connection.addEventListener('change', () => {
    if (connection.type === type) return
    type = connection.type
    if (type !== 'none') then()
  })
}
