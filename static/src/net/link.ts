// The socket: one connection per tab, typed events, every emit answered by a Result. Knows no store and no view.
import { io, type Socket } from 'socket.io-client'
import {
  SERVER_EVENTS, problem, refused, toConnectProblem, toResult,
  type ClientEvents, type Id, type Problem, type Result, type ServerEvents,
} from '../protocol'

const ACK_TIMEOUT_MS = 10_000

export interface LinkHandlers {
  /** The socket is up or down; `welcome` follows up. */
  onState(connected: boolean): void
  /** The handshake was refused for a reason that a retry does not cure. */
  onRefused(problem: Problem): void
  onEvent<K extends keyof ServerEvents>(name: K, payload: ServerEvents[K]): void
}

export class Link {
  private readonly socket: Socket

  constructor(device: Id, private readonly handlers: LinkHandlers) {
    this.socket = io({
      path: '/socket.io/',
      auth: { device },
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 4000,
      timeout: 8000,
      autoConnect: false,
    })
    this.socket.on('connect', () => handlers.onState(true))
    this.socket.on('disconnect', (reason) => {
      handlers.onState(false)
      // The server closed it (a restart, a session that ended): Socket.IO would not come back by itself.
      if (reason === 'io server disconnect') setTimeout(() => this.socket.connect(), 500)
    })
    this.socket.on('connect_error', (error) => this.onConnectError(error))
    for (const name of SERVER_EVENTS) {
      this.socket.on(name, (payload: ServerEvents[typeof name]) => handlers.onEvent(name, payload))
    }
  }

  private onConnectError(error: Error): void {
    if (this.socket.active) return
    const why = toConnectProblem(error)
    if (why.code === 'unauthenticated' || why.code === 'foreignOrigin' || why.code === 'wrongHost') {
      this.handlers.onRefused(why)
    } else {
      setTimeout(() => this.socket.connect(), why.retryAfterMs ?? 2000)
    }
  }

  get connected(): boolean {
    return this.socket.connected
  }

  connect(): void {
    this.socket.connect()
  }

  close(): void {
    this.socket.removeAllListeners()
    this.socket.disconnect()
  }

  /** Comes back as another device. */
  renew(device: Id): void {
    this.socket.auth = { device }
    this.reconnect()
  }

  /** The network changed: what seems connected may hang on the old one, so begin anew at once. */
  reconnect(): void {
    this.socket.disconnect()
    this.socket.connect()
  }

  async emit<K extends keyof ClientEvents>(
    name: K,
    payload: ClientEvents[K][0],
    timeoutMs = ACK_TIMEOUT_MS,
  ): Promise<Result<ClientEvents[K][1]>> {
    if (!this.socket.connected) return refused(problem('offline'))
    try {
      return toResult<ClientEvents[K][1]>(await this.socket.timeout(timeoutMs).emitWithAck(name, payload))
    } catch {
      return refused(problem(this.socket.connected ? 'timeout' : 'offline'))
    }
  }
}
