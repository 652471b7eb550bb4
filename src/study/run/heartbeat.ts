import { Worker } from 'node:worker_threads'

/** File descriptor, in a worker process, of the pipe on which it sends heartbeats to its parent. */
export const heartbeatPipe = 4

/** Source code of the heartbeat thread. It kills its worker process once the parent, which reads the pipe, is gone. */
const program = `
const { writeSync } = require('node:fs')
const { kill, pid } = require('node:process')
setInterval(() => {
  try {
    writeSync(${heartbeatPipe}, '.')
  } catch ({ code }) {
    if (code === 'EPIPE' || code === 'ECONNRESET') kill(pid, 'SIGKILL')
  }
}, 1000)
`

/**
 * Starts a thread in this worker process that sends one byte per second to the parent process, even while a training
 * step or the reading of data keeps the main thread busy. Ends this process once the parent is gone.
 */
export const sendHeartbeats = (): void => new Worker(program, { eval: true, stdout: false }).unref()
