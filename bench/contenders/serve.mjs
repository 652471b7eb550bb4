// What contenders need of Node.js. In a browser, bench/web/serve.mjs takes the place of this file.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** The device or backend to compute on, if it is not the default. */
export const [device] = process.argv.slice(2)

/** Version of an installed package. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url))).version

/** Where the files of an installed package lie. */
export const filesOf = (name) => `${dirname(createRequire(import.meta.url).resolve(name))}/`

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

/** Returns a function that gives the wall and CPU time since now, over all threads. */
function awake() {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { ms: performance.now() - start, cpu: (user + system) / 1e3 }
  }
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
