// A start while the server cannot be reached: as whom, and with the chats, that this device knows from before. What the
// server says as soon as it answers is what holds.
import { watch } from 'vue'
import { useChats } from '../stores/chats'
import { useConnection } from '../stores/connection'
import { useSender } from '../stores/sender'
import { useSession } from '../stores/session'
import { last } from './cache'

export async function begin(): Promise<void> {
  const kept = await last()
  if (!kept) return
  const session = useSession()
  session.enterOffline(kept.user)
  useChats().restore(kept.threads)
  await useSender().resume()
  const connection = useConnection()
  const unwatch = watch(() => connection.connected, (connected) => {
    if (!connected) return
    unwatch()
    void session.confirm()
  })
}
