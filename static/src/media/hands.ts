// What the device itself has for a call: the screen that stays on, the buttons of a headset, the system's media keys.

export interface HandHandlers { onMute(): void; onHangUp(): void }
type CallSession = MediaSession & { setMicrophoneActive?: (active: boolean) => void }
const ACTIONS = ['togglemicrophone', 'hangup'] as const

export class Hands {
  private lock: WakeLockSentinel | null = null
  private held = false

  constructor(private readonly handlers: HandHandlers) {
    // The system takes the lock back whenever the page is hidden.
    document.addEventListener('visibilitychange', () => void this.keepAwake())
  }

  /** A call is on: with whom, for the system's own display. */
  take(title: string): void {
    this.held = true
    void this.keepAwake()
    const session = this.session()
    if (!session) return
    session.metadata = new MediaMetadata({ title, artist: document.title })
    session.playbackState = 'playing'
    this.act('togglemicrophone', () => this.handlers.onMute())
    this.act('hangup', () => this.handlers.onHangUp())
  }

  muted(on: boolean): void {
    this.session()?.setMicrophoneActive?.(!on)
  }

  drop(): void {
    this.held = false
    void this.lock?.release().catch(() => {})
    this.lock = null
    const session = this.session()
    if (!session) return
    session.metadata = null
    session.playbackState = 'none'
    for (const name of ACTIONS) this.act(name, null)
  }

  private session(): CallSession | null {
    return 'mediaSession' in navigator && 'MediaMetadata' in globalThis ? navigator.mediaSession : null
  }

  private act(name: (typeof ACTIONS)[number], handler: (() => void) | null): void {
    try {
      this.session()?.setActionHandler(name as MediaSessionAction, handler)
    } catch {
      // A browser without this button.
    }
  }

  private async keepAwake(): Promise<void> {
    if (!this.held || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    if (this.lock && !this.lock.released) return
    // Refused on a low battery: the call goes on all the same.
    this.lock = await navigator.wakeLock.request('screen').catch(() => null)
    if (!this.held) void this.lock?.release().catch(() => {})
  }
}
