// The one socket of this tab, while somebody is signed in: up or down, and where each event goes.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { anotherDeviceId, deviceId } from '../net/device'
import { Link } from '../net/link'
import { onNetworkChange } from '../net/network'
import { problem, refused, type ClientEvents, type Id, type Result, type ServerEvents, type Welcome } from '../protocol'
import { useCalls } from './calls'
import { useChats } from './chats'
import { useRegards } from './regards'
import { useSession } from './session'

const DOUBT_TIMEOUT_MS = 1500

export const useConnection = defineStore('connection', () => {
  const connected = ref(false)
  /** False until the first connection of this page; "reconnecting" means something only afterwards. */
  const everConnected = ref(false)
  const device = ref<Id>('')
  let epoch: Id | null = null
  let link: Link | null = null

  async function open(): Promise<void> {
    device.value = await deviceId()
    if (link || useSession().state !== 'in') return
    link = new Link(device.value, {
      onState: (up) => {
        // Connected means welcomed: only then does the server know this device.
        if (!up) connected.value = false
      },
      onRefused: (why) => {
        if (why.code === 'unauthenticated') useSession().leave('ended')
      },
      onEvent: receive,
    })
    link.connect()
  }

  function close(): void {
    link?.close()
    link = null
    connected.value = everConnected.value = false
    epoch = null
  }

  function welcome(said: Welcome): void {
    const epochChanged = epoch !== null && epoch !== said.epoch
    epoch = said.epoch
    device.value = said.device
    connected.value = everConnected.value = true
    useCalls().onWelcome(said.calls, epochChanged)
    if (said.missedCalls) useCalls().onMissed(said.missedCalls)
    useRegards().onWelcome(said.settings, said.mutes)
    void useChats().catchUp()
  }

  /** A duplicated tab took this one's device: the call, if there was one, goes on there. */
  async function becomeAnother(): Promise<void> {
    useCalls().abandon()
    device.value = await anotherDeviceId()
    link?.renew(device.value)
  }

  type Receivers = { [K in keyof ServerEvents]: (payload: ServerEvents[K]) => void }
  const receivers: Receivers = {
    welcome,
    newMessage: ({ message }) => useChats().onMessage(message),
    messageUpdated: ({ message }) => useChats().onUpdate(message),
    receipt: (receipt) => useChats().onReceipt(receipt),
    typing: (said) => useChats().onTyping(said.conversation, said.user, said.typing),
    conversationUpdated: ({ conversation }) => void useChats().onChange(conversation),
    incomingCall: ({ call, iceServers }) => useCalls().onCall({ type: 'incoming', call, ice: iceServers }),
    ringStopped: ({ call, reason }) => useCalls().onStopped(call, reason),
    callUpdated: ({ call }) => useCalls().onCall({ type: 'updated', call, now: Date.now() }),
    slots: ({ call, slots }) => useCalls().onSlots(call, slots),
    speaking: ({ call, users }) => useCalls().onSpeaking(call, users),
    quality: ({ call, legs }) => useCalls().onQuality(call, legs),
    missedCalls: (missed) => useCalls().onMissed(missed),
    presence: (presence) => useRegards().onPresence(presence),
    settingsChanged: ({ settings }) => useRegards().onSettings(settings),
    blockChanged: (changed) => useRegards().onBlock(changed),
    muteChanged: (changed) => useRegards().onMute(changed),
    callEnded: ({ call }) => useCalls().onCall({ type: 'ended', call }),
    sessionRevoked: () => useSession().leave('ended'),
    replaced: () => void becomeAnother(),
  }
  function receive<K extends keyof ServerEvents>(name: K, payload: ServerEvents[K]): void {
    receivers[name](payload)
  }

  async function emit<K extends keyof ClientEvents>(
    name: K,
    payload: ClientEvents[K][0],
  ): Promise<Result<ClientEvents[K][1]>> {
    if (!link || !connected.value) return refused(problem('offline'))
    return link.emit(name, payload)
  }

  /**
   * An emit while the network is in doubt. The server answers in no time, so no answer soon means that the socket hangs
   * on a way that is gone; its own pings would take a quarter of a minute to notice.
   */
  async function emitInDoubt<K extends keyof ClientEvents>(
    name: K,
    payload: ClientEvents[K][0],
  ): Promise<Result<ClientEvents[K][1]>> {
    if (!link || !connected.value) return refused(problem('offline'))
    const asked = link
    const answer = await asked.emit(name, payload, DOUBT_TIMEOUT_MS)
    if (!answer.ok && answer.problem.code === 'timeout' && asked === link) link.reconnect()
    return answer
  }

  onNetworkChange(() => link?.reconnect())

  return { connected, everConnected, device, open, close, emit, emitInDoubt }
})
