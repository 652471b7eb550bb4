import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Answers the parent, one JSON line per JSON line: `{ workload, folder, steps }` requests that many training steps or a
 * few more, and the answer reports their time. The examples are in the files `x` and `y` of the folder. Nothing runs
 * between requests, and only the last workload is kept.
 *
 * @param {object} about contents of the first line: versions and threads
 * @param {(workload: import('../workloads.mjs').Workload, examples: Examples) => Promise<(steps: number) =>
 *   Promise<Measured>>} prepare
 * @typedef {{ x: Float32Array | Int32Array, y: Int32Array }} Examples
 * @typedef {{ ms: number, steps: number, loss: number }} Measured
 */
export async function serve(about, prepare) {
  let trainer = { name: undefined, run: undefined }
  let asleep = awake()
  say(about)
  for await (const line of createInterface({ input: process.stdin })) {
    const idle = asleep()
    const { workload, folder, steps } = JSON.parse(line)
    if (trainer.name !== workload.name) {
      trainer = { name: workload.name, run: await prepare(workload, read(workload, folder)) }
    }
    const measured = await trainer.run(steps)
    asleep = awake()
    say({ ...measured, idle })
  }
}

function read({ tokens }, folder) {
  const words = (name) => new Uint8Array(readFileSync(join(folder, name))).buffer
  return {
    x: tokens === undefined ? new Float32Array(words('x')) : new Int32Array(words('x')),
    y: new Int32Array(words('y')),
  }
}

/** Batch `k` of a cycle of `count` batches of a network on feature vectors. */
export function batchAt({ batch, shape }, { x, y }, k, count) {
  const [size] = shape
  const first = (k % count) * batch
  return { x: x.slice(first * size, (first + batch) * size), y: y.slice(first, first + batch) }
}

/** Returns a function that gives the wall and CPU time since now, over all threads. */
function awake() {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { ms: performance.now() - start, cpu: (user + system) / 1e3 }
  }
}

/**
 * A trainer from single steps. A tenth of them runs before the clock starts, to warm the caches again.
 *
 * @param {(batch: number) => Promise<number>} step trains on a prepared batch and reads its loss back
 * @returns {(steps: number) => Promise<Measured>}
 */
export const stepping = (step) => {
  let at = 0
  return async (steps) => {
    let loss = 0
    for (let i = 0; i < steps / 10; i++) loss = await step(at++)
    const start = performance.now()
    for (let i = 0; i < steps; i++) loss = await step(at++)
    return { ms: performance.now() - start, steps, loss }
  }
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
