import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * A library in its own process, which stays alive from one burst to the next and sleeps in between.
 *
 * @example
 * const contender = await Contender.start('Evenstep', process.execPath, ['contenders/evenstep.mjs'])
 * const microseconds = await contender.burst(net, 500)
 */
export class Contender {
  #child
  #lines
  #warm = new Map()
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

  /** Microseconds per step over about `ms` milliseconds. The first burst on a net warms up and is discarded. */
  async burst(net, ms) {
    if (!this.#warm.has(net)) {
      await this.#ask(net, 3) // compiles
      this.#warm.set(net, await this.#ask(net, 3))
      this.#warm.set(net, await this.#ask(net, this.#stepsIn(net, ms)))
    }
    const taken = await this.#ask(net, this.#stepsIn(net, ms))
    this.#warm.set(net, taken)
    return { microseconds: taken.microseconds, steps: taken.steps }
  }

  /** CPU time as a share of wall time while other contenders were measured. */
  get idleLoad() {
    return this.#idle.cpu / this.#idle.ms
  }

  async stop() {
    this.#child.stdin.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }

  #stepsIn(net, ms) {
    return Math.max(3, Math.round((ms * 1e3) / this.#warm.get(net).microseconds))
  }

  async #ask(net, steps) {
    this.#child.stdin.write(`${JSON.stringify({ net: net.name, steps })}\n`)
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
