// This tab's device id: 24 hex digits that survive a reload and are shared with no other tab.
const KEY = 'charla.device'

function mint(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Holds the id's lock for as long as the page lives; false if another tab has it. */
function hold(id: string, waitMs: number): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true)
  return new Promise((resolve) => {
    navigator.locks
      .request(`charla.device.${id}`, { signal: AbortSignal.timeout(waitMs) }, () => {
        resolve(true)
        return new Promise<never>(() => {})
      })
      .catch(() => resolve(false))
  })
}

/** Another id for this tab: the one it had is another tab's. */
export async function anotherDeviceId(): Promise<string> {
  const minted = mint()
  sessionStorage.setItem(KEY, minted)
  await hold(minted, 400)
  return minted
}

/** A duplicated tab copies sessionStorage: the copy finds the id taken and mints its own. */
export async function deviceId(): Promise<string> {
  const kept = sessionStorage.getItem(KEY)
  if (kept && /^[0-9a-f]{24}$/.test(kept) && (await hold(kept, 400))) return kept
  return anotherDeviceId()
}
