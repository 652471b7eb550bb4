import { isatty } from 'node:tty'
import { exitCodes } from './exit-code.ts'

/** Signals that ask a process to end: Ctrl-C; of schedulers; a closed terminal; Ctrl-Break on Windows. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const

/** A reason to stop: a signal, or that nobody reads the output any longer. */
type Cause = (typeof names)[number] | 'SIGPIPE'

/** What sends signals and can be ended: the process, or an emitter in tests. */
interface Receiver {
  on(name: string, listener: (name: Cause) => void): unknown
  off(name: string, listener: (name: Cause) => void): unknown
  exit(code: number): unknown
  /** Id of the parent process, which changes when that ends. */
  readonly ppid: number
  /** Whether npm or npx has started the process. */
  readonly isUnderNpm: boolean
}

/** How a command that saves its work learns of a signal. */
interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Status to exit with after saving: 128 + the number of the first signal; undefined before it. */
  readonly exitCode: number | undefined
  /** To be called when nothing is left to save: signals end the process at once again. */
  stop(): void
}

/** Milliseconds within which a second Ctrl-C counts as the first: wrappers such as npm pass it on once more. */
const twice = 1000

/** Milliseconds between two looks at the parent process. */
const look = 500

/**
 * Reacts to signals that ask the process to end. By default, they end it at once, with status 128 + the signal's
 * number; unlike the system's own default, that also works for process 1 of a container. While a command has work
 * to save, the first signal asks it to save and end; only a second Ctrl-C, more than a second after the first,
 * then ends the process at once.
 */
export class Signals {
  readonly #process: Receiver
  readonly #parent: number
  readonly #now: () => number
  #users = 0
  #ignored = false
  #stopping: AbortController | undefined
  #exitCode: number | undefined
  /** Time of the first Ctrl-C since the command began to have work to save. */
  #pressed: number | undefined

  constructor(process: Receiver, now: () => number = () => performance.now()) {
    this.#process = process
    this.#parent = process.ppid
    this.#now = now
  }

  /** Starts to react to signals. Until then, the system's defaults hold. */
  listen(): void {
    if (this.#users++ === 0) for (const name of names) this.#process.on(name, this.#receive)
  }

  /** Ignores all signals from now on, as a worker does, whose parent process gets them and ends its workers. */
  ignore(): void {
    this.#ignored = true
    this.listen()
  }

  /** From now until `stop` of the result, the first signal aborts the result's `signal`. */
  begin(): Interrupt {
    this.listen()
    const controller = new AbortController()
    this.#stopping = controller
    this.#exitCode = undefined
    this.#pressed = undefined
    const watch = this.#process.isUnderNpm ? this.#watchParent() : undefined
    const exitCode = (): number | undefined => this.#exitCode
    return {
      signal: controller.signal,
      get exitCode() {
        return exitCode()
      },
      stop: () => {
        clearInterval(watch)
        // After a signal, the process is about to end: another one must not change how.
        if (!controller.signal.aborted) this.#stopping = undefined
        if (--this.#users === 0) for (const name of names) this.#process.off(name, this.#receive)
      },
    }
  }

  /**
   * Asks a command that has work to save to do so and end, since nobody reads its output any longer.
   *
   * @returns whether there is such a command
   */
  outputClosed(cause: 'SIGHUP' | 'SIGPIPE'): boolean {
    if (this.#stopping !== undefined) this.#receive(cause)
    return this.#stopping !== undefined
  }

  /** Takes the end of the parent for SIGTERM: npm sends it to the shell in between, which ends without passing it on. */
  #watchParent(): NodeJS.Timeout {
    const check = (): void => (this.#process.ppid === this.#parent ? undefined : this.#receive('SIGTERM'))
    return setInterval(check, look).unref()
  }

  readonly #receive = (name: Cause): void => {
    if (this.#ignored) return
    if (this.#stopping === undefined) return void this.#process.exit(exitCodes[name])
    const isFirst = !this.#stopping.signal.aborted
    if (name === 'SIGINT') this.#pressed ??= this.#now()
    if (isFirst) {
      this.#exitCode = exitCodes[name]
      this.#stopping.abort()
    } else if (name === 'SIGINT' && this.#now() - this.#pressed! > twice) {
      this.#process.exit(exitCodes.SIGINT)
    }
  }
}

/** Whether the process started with a terminal. */
const hadTerminal = [0, 1, 2].some((stream) => isatty(stream))

/**
 * Ends a process that had a terminal by SIGHUP itself, which shells see as status 129: Node.js aborts if it exits after
 * its terminal was closed, since it cannot reset the terminal. Has no effect without a terminal, and on process 1.
 */
export function hangUp(): void {
  if (!hadTerminal) return
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}

/** Signals to this process. */
export const signals: Signals = new Signals({
  on: (name, listener) => process.on(name, listener),
  off: (name, listener) => process.off(name, listener),
  exit(code) {
    if (code === exitCodes.SIGHUP) hangUp()
    process.exit(code)
  },
  get ppid() {
    return process.ppid
  },
  isUnderNpm: process.env.npm_command !== undefined,
})
