import { Worker } from 'node:worker_threads'

/** Index, among a worker process's standard streams, of the pipe on which it sends its heartbeats. */
export const heartbeatPipe = 4

/** The program of the thread. Without a parent that reads, this process has nothing left to do. */
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
 * Starts a thread of this worker process that sends a byte to the parent process each second, however long a
 * training step or the reading of the data keeps the main thread busy. Ends the process once the parent is gone.
 */
export const sendHeartbeats = (): void => new Worker(program, { eval: true, stdout: false }).unref()
