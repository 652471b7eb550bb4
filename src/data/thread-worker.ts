import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { copyOf } from './batch.ts'
import type { Stream } from './stream.ts'
import type { FromThread, ToThread } from './thread.ts'

// The worker's side of `threaded`: reads the stream that a module returns, up to `ahead` batches ahead.

const port = parentPort!
const { module, options, ahead } = workerData as { module: string; options: unknown; ahead: number }
let current = -1
let wanted = 0

const send = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer)

try {
  const make = ((await import(module)) as { default: (options: unknown) => Stream | Promise<Stream> }).default
  const { read, ...spec } = await make(options)
  port.on('message', (message: ToThread) => {
    if (message.type === 'more') wanted++
    else if (message.type === 'stop') current = -1
    else {
      current = message.id
      wanted = ahead
      void sendAll(read(message.epoch), message.id)
    }
  })
  send({ type: 'spec', spec })
} catch (error) {
  send(failure(error))
}

async function sendAll(batches: ReturnType<Stream['read']>, id: number): Promise<void> {
  try {
    for await (const batch of batches) {
      while (wanted === 0 && current === id) await once(port, 'message')
      if (current !== id) return
      wanted--
      const own = copyOf(batch) // because its buffers are transferred to the other thread
      const arrays = [own.x, own.y, ...(own.weights ? [own.weights] : [])]
      send(
        { type: 'batch', id, batch: own },
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      )
    }
    send({ type: 'end', id })
  } catch (error) {
    send(failure(error))
  }
}

function failure(error: unknown): FromThread {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { type: 'failed', name, message }
}
