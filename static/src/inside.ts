// What begins when somebody has signed in, and ends when he is out. Loaded then: the sign-in page needs none of it.
import { useCalls } from './stores/calls'
import { useChats } from './stores/chats'
import { useConnection } from './stores/connection'
import { useRegards } from './stores/regards'

export const enter = (): void => void useConnection().open()

export function leave(): void {
  useCalls().dispatch({ type: 'hangUp' })
  useConnection().close()
  useCalls().dispatch({ type: 'dismiss' })
  useChats().reset()
  void import('./offline/cache').then((cache) => cache.forget()).catch(() => {})
  useRegards().reset()
}
