import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * A library in its own process, which stays alive from one burst to the next and sleeps in between.
 *
 * @example
 * const contender = await Contender.start('Evenstep', process.execPath, ['contenders/evenstep.mjs'])
 * const microseconds = await contender.burst(workload, folder, 500)
 */
export class Contender {
  #child
  #lines
  #warm = { name: undefined, microseconds: 0 }
  #idle = { ms: 0, cpu: 0 }
  name
  about

  constructor(name, child) {
    this.name = name
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  static async start(name, command, args) {
    const child = spawn(command, args, {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    })
    const contender = new Contender(name, child)
    contender.about = await contender.#answer()
    return contender
  }

  /**
   * Microseconds per step over about `ms` milliseconds. The first burst on a workload warms up and is discarded.
   *
   * @param {import('./workloads.mjs').Workload} workload
   * @param {string} folder folder with the examples, in the files `x` and `y`
   */
  async burst(workload, folder, ms) {
    const ask = (steps) => this.#ask({ workload, folder, steps })
    if (this.#warm.name !== workload.name) {
      await ask(3) // compiles
      const { microseconds } = await ask(3)
      this.#warm = { name: workload.name, ...(await ask(stepsIn(ms, microseconds))) }
    }
    const taken = await ask(stepsIn(ms, this.#warm.microseconds))
    this.#warm = { ...this.#warm, ...taken }
    return taken
  }

  /** CPU time as a share of wall time while other contenders were measured. */
  get idleLoad() {
    return this.#idle.cpu / this.#idle.ms
  }

  async stop() {
    this.#child.stdin.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }

  async #ask(question) {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    const answer = await this.#answer()
    if (!Number.isFinite(answer.loss))
      throw new Error(`${this.name}: wanted a finite loss, got ${answer.loss}`)
    this.#idle.ms += answer.idle.ms
    this.#idle.cpu += answer.idle.cpu
    return { microseconds: (answer.ms * 1e3) / answer.steps, steps: answer.steps }
  }

  async #answer() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.name}: the process ended; its message is above`)
    return JSON.parse(value)
  }
}

const stepsIn = (ms, microseconds) => Math.max(3, Math.round((ms * 1e3) / microseconds))
