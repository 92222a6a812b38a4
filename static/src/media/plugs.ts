// Keeps the sound of a call going while its devices come and go; call/plugs.ts decides, here it is done and told.
import { inputAct, outputFor } from '../call/plugs'
import type { DeviceNews, MicTrouble } from '../call/types'
import { devices, refreshDevices } from './devices'
import type { Microphone } from './microphone'
import type { Speakers } from './speakers'

export interface PlugHandlers {
  /** Opens this microphone in place of the one before, and sends it. */
  reopen(id: string): Promise<MicTrouble | null>
  tell(news: DeviceNews): void
}

const ids = (choices: readonly { id: string }[]): string[] => choices.map(({ id }) => id)

export class Plugs {
  private had: string[] = []
  private before: Promise<void> = Promise.resolve()

  constructor(private readonly microphone: Microphone, private readonly speakers: Speakers, private readonly handlers: PlugHandlers) {
    navigator.mediaDevices?.addEventListener?.('devicechange', () => void this.settle())
  }

  /** Looks at what there is. One look after the other: an unplugged device is told of twice, by its track and by the list. */
  settle(): Promise<void> {
    this.before = this.before.then(() => this.look()).catch(() => {})
    return this.before
  }

  /** A call begins: nothing took over from anything, so there is nothing to tell. */
  async begin(): Promise<void> {
    await refreshDevices()
    this.had = ids(devices.inputs)
    await this.speakers.useOutput(outputFor(devices.output, ids(devices.outputs)))
  }

  private async look(): Promise<void> {
    await refreshDevices()
    const exists = ids(devices.inputs)
    const { had, microphone } = this
    this.had = exists
    if (!microphone.track) return
    await this.output()
    const act = inputAct({ wished: devices.input, used: microphone.device, live: microphone.live, had, exists })
    if (act.do === 'wait') this.handlers.tell({ kind: 'none', why: 'micMissing' })
    if (act.do !== 'open') return
    const why = await this.handlers.reopen(act.id)
    if (!why) this.handlers.tell({ kind: 'input', label: this.inputLabel() })
    else if (!microphone.live) this.handlers.tell({ kind: 'none', why })
  }

  private async output(): Promise<void> {
    const id = outputFor(devices.output, ids(devices.outputs))
    if (id === this.speakers.output) return
    await this.speakers.useOutput(id)
    this.handlers.tell({ kind: 'output', label: devices.outputs.find((one) => one.id === id)?.label ?? devices.defaultOutput })
  }

  private inputLabel(): string {
    return devices.inputs.find(({ id }) => id === this.microphone.device)?.label ?? this.microphone.label
  }
}
