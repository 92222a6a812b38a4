// Plays the slots: one audio element each, on the chosen output, as loud as whoever speaks in it shall be. Nothing here is
// seen.
export class Speakers {
  private readonly elements = new Map<string, HTMLAudioElement>()
  private sink = ''
  private deaf = false
  private volumes: (mid: string) => number = () => 1

  play(mid: string, track: MediaStreamTrack): void {
    const element = this.elements.get(mid) ?? document.createElement('audio')
    element.autoplay = true
    element.dataset['slot'] = mid
    element.hidden = true
    element.muted = this.deaf
    element.volume = this.volumes(mid)
    element.srcObject = new MediaStream([track])
    if (!this.elements.has(mid)) document.body.append(element)
    this.elements.set(mid, element)
    void this.route(element)
    // Refused only before any gesture on the page; the next click makes up for it.
    element.play().catch(() => addEventListener('pointerdown', () => void element.play().catch(() => {}), { once: true }))
  }

  get output(): string {
    return this.sink
  }
  async useOutput(deviceId: string): Promise<void> {
    this.sink = deviceId
    await Promise.all([...this.elements.values()].map((element) => this.route(element)))
  }

  private async route(element: HTMLAudioElement): Promise<void> {
    if (!('setSinkId' in element) || element.sinkId === this.sink) return
    // A device that was unplugged meanwhile: the default output serves.
    await element.setSinkId(this.sink).catch(() => {})
  }

  deafen(on: boolean): void {
    this.deaf = on
    for (const element of this.elements.values()) element.muted = on
  }

  /** How loud each slot is from now on, 0 to 1; asked again for those that come later. */
  setVolumes(of: (mid: string) => number): void {
    this.volumes = of
    for (const [mid, element] of this.elements) element.volume = of(mid)
  }

  stop(): void {
    for (const element of this.elements.values()) {
      element.srcObject = null
      element.remove()
    }
    this.elements.clear()
    this.deaf = false
  }
}
