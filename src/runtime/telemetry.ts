import { isMainThread } from 'node:worker_threads'
import { ArgumentError } from '../core/errors.ts'

/**
 * Turns off ONNX Runtime's telemetry, unless the environment variable `ORT_DISABLE_TELEMETRY` is already set.
 * To be called before the native library loads; later, it has no effect.
 *
 * By default, ONNX Runtime 1.29 and later write a machine identifier and a database of events to the home
 * folder, and send them to Microsoft. Source: https://github.com/microsoft/onnxruntime/pull/27379
 *
 * @throws {ArgumentError} in a worker thread, when the main thread's environment lacks the variable and it
 *   cannot be set.
 */
export async function disableTelemetry(): Promise<void> {
  const given = process.env.ORT_DISABLE_TELEMETRY
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
  if (isMainThread) return
  try {
    await setInMainThread(process.env.ORT_DISABLE_TELEMETRY)
  } catch (cause) {
    if (given !== undefined) return // a worker thread's environment begins as a copy of the main thread's
    throw new ArgumentError(
      'telemetry: wanted to turn it off in the main thread, got no access; set ORT_DISABLE_TELEMETRY=1 before Node starts',
      { cause },
    )
  }
}

/** Milliseconds to wait for the main thread, which answers within 20 ms even while it computes or waits. */
const patience = 5000

/**
 * Sets, from a worker thread, the variable that turns telemetry off in the environment of the main thread. ONNX Runtime
 * reads it there, and a worker's `process.env` is only a copy. Uses the inspector's protocol, which needs no code in
 * the main thread, and opens no port.
 */
async function setInMainThread(value: string): Promise<void> {
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connectToMainThread()
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      session.post('Runtime.evaluate', {
        expression: `process.env.ORT_DISABLE_TELEMETRY ??= ${JSON.stringify(value)}`,
      }),
      new Promise((_, reject) => {
        timer = setTimeout(reject, patience, new Error('no answer')) // and keeps this thread alive meanwhile
      }),
    ])
  } finally {
    clearTimeout(timer)
    session.disconnect()
  }
}
