import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Batch } from './batch.ts'
import type { Stream } from './stream.ts'
import type { FromThread, ToThread } from './thread.ts'

// The other side of `threaded`: reads the stream that a module makes, some batches ahead of who asks for them.

const port = parentPort!
const { module, options, ahead } = workerData as { module: string; options: unknown; ahead: number }
let current = -1
let wanted = 0

const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
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
      void send(read(message.epoch), message.id)
    }
  })
  tell({ type: 'spec', spec })
} catch (error) {
  tell(failure(error))
}

async function send(batches: ReturnType<Stream['read']>, id: number): Promise<void> {
  try {
    for await (const batch of batches) {
      while (wanted === 0 && current === id) await once(port, 'message')
      if (current !== id) return
      wanted--
      const own = copied(batch)
      tell({ type: 'batch', id, batch: own }, [own.x.buffer as ArrayBuffer, own.y.buffer as ArrayBuffer])
    }
    tell({ type: 'end', id })
  } catch (error) {
    tell(failure(error))
  }
}

function failure(error: unknown): FromThread {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { type: 'failed', name, message }
}

/** Arrays that may be given away. */
const copied = ({ x, y, length }: Batch): Batch => ({ x: x.slice(), y: y.slice(), length })
