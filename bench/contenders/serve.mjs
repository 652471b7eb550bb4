import { createInterface } from 'node:readline'
import { nets } from '../nets.mjs'

/**
 * Answer the parent, a JSON line for a JSON line: `{ net, steps }` asks for that many training steps or a few more,
 * and the answer tells what they took. Nothing is measured before it is asked for, or beside another answer.
 *
 * @param {object} about what the first line tells: versions and threads
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

/** Wall and processor time from now, as the returned function is called; all threads together. */
function awake() {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { ms: performance.now() - start, cpu: (user + system) / 1e3 }
  }
}

/**
 * A trainer of single steps. A tenth of them goes before the clock starts, to warm what other processes cooled.
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
