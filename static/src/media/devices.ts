// Which microphone and which output were chosen, and which there are.
import { reactive, readonly } from 'vue'

const KEY = 'charla.devices'
export interface Choice { id: string; label: string }
interface Devices { inputs: Choice[]; outputs: Choice[]; defaultOutput: string; input: string; output: string }

function load(): { input: string; output: string } {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Devices>
    return { input: kept.input ?? '', output: kept.output ?? '' }
  } catch {
    return { input: '', output: '' }
  }
}

const state = reactive<Devices>({ inputs: [], outputs: [], defaultOutput: '', ...load() })
export const devices = readonly(state)
export const canChooseOutput = 'setSinkId' in HTMLMediaElement.prototype

/** Labels are there only once the microphone was allowed. */
export async function refreshDevices(): Promise<void> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'default')
      .map((device) => ({ id: device.deviceId, label: device.label }))
  state.inputs = of('audioinput')
  state.outputs = of('audiooutput')
  state.defaultOutput = all.find(({ kind, deviceId }) => kind === 'audiooutput' && deviceId === 'default')?.label ?? ''
}

export function choose(kind: 'input' | 'output', id: string): void {
  state[kind] = id
  localStorage.setItem(KEY, JSON.stringify({ input: state.input, output: state.output }))
}

navigator.mediaDevices?.addEventListener?.('devicechange', () => void refreshDevices())
