import { createInterface } from 'node:readline'
import { nets } from '../nets.mjs'

/**
 * Answers the parent, one JSON line per JSON line: `{ net, steps }` requests that many training steps or a few
 * more, and the answer reports their time. Nothing runs between requests.
 *
 * @param {object} about contents of the first line: versions and threads
 * @param {(net: import('../nets.mjs').Net) => Promise<(steps: number) => Promise<Measured>>} prepare
 * @typedef {{ ms: number, steps: number, loss: number }} Measured
 */
export async function serve(about, prepare) {
  const trainers = new Map()
  let asleep = awake()
  say(about)
  for await (const line of createInterface({ input: process.stdin })) {
    const idle = asleep()
    const { net: name, steps } = JSON.parse(line)
    if (!trainers.has(name)) trainers.set(name, await prepare(nets.find((net) => net.name === name)))
    const measured = await trainers.get(name)(steps)
    asleep = awake()
    say({ ...measured, idle })
  }
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
