import { isatty } from 'node:tty'
import { exitCodes } from './exit-code.ts'

/** Signals that ask a process to end: from Ctrl-C, schedulers, a closed terminal, and Ctrl-Break on Windows. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const

/** A reason to stop: a signal or, as `SIGPIPE`, that nobody reads the output any longer. */
type Cause = (typeof names)[number] | 'SIGPIPE'

/** The process that receives signals and can be ended; in tests, an event emitter in its place. */
interface Receiver {
  on(name: string, listener: (name: Cause) => void): unknown
  off(name: string, listener: (name: Cause) => void): unknown
  exit(code: number): unknown
  /** Id of the parent process; it changes when the parent ends. */
  readonly ppid: number
  /** Whether the process was started by npm or npx. */
  readonly isUnderNpm: boolean
}

/** Tells a command that has work to save when a signal asks the process to end. */
interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Exit status after saving: 128 + the number of the first signal; undefined before any signal. */
  readonly exitCode: number | undefined
  /** Must be called when nothing is left to save; signals then end the process at once again. */
  stop(): void
}

/** Milliseconds within which a second Ctrl-C counts as the first, since wrappers such as npm send it again. */
const twice = 1000

/** Milliseconds between two checks whether the parent process has ended. */
const look = 500

/**
 * Handles signals that ask the process to end. By default, a signal ends it at once, with exit status 128 + the
 * signal's number; unlike the system's own default, that also works for process 1 of a container. While a
 * command has work to save, the first signal asks it to save and end; only a second Ctrl-C, more than a second
 * after the first, then ends the process at once.
 */
export class Signals {
  readonly #process: Receiver
  readonly #parent: number
  readonly #now: () => number
  #users = 0
  #ignored = false
  #stopping: AbortController | undefined
  #exitCode: number | undefined
  /** Time, in milliseconds, of the first Ctrl-C after `begin` was called. */
  #pressed: number | undefined

  constructor(process: Receiver, now: () => number = () => performance.now()) {
    this.#process = process
    this.#parent = process.ppid
    this.#now = now
  }

  /** Starts to handle signals. Until then, the system's default actions apply. */
  listen(): void {
    if (this.#users++ === 0) for (const name of names) this.#process.on(name, this.#receive)
  }

  /** Ignores all signals from now on. For workers: their parent process handles signals and ends them. */
  ignore(): void {
    this.#ignored = true
    this.listen()
  }

  /**
   * Begins work that must be saved before the process exits. Until `stop()` of the result is called, the first SIGINT,
   * SIGTERM or SIGHUP does not end the process, but aborts the result's `AbortSignal`.
   */
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
   * Asks the command that has work to save, if there is one, to save and end, since nobody reads its output any
   * longer.
   *
   * @returns whether there is such a command
   */
  outputClosed(cause: 'SIGHUP' | 'SIGPIPE'): boolean {
    if (this.#stopping !== undefined) this.#receive(cause)
    return this.#stopping !== undefined
  }

  /** Treats the parent's end as SIGTERM: npm sends that only to the shell in between, which ends at once. */
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

/** Whether the process had a terminal when it started. */
const hadTerminal = [0, 1, 2].some((stream) => isatty(stream))

/**
 * Ends a process that had a terminal by sending it SIGHUP, which shells report as status 129. A normal exit
 * would make Node.js abort, since it cannot reset a terminal that was closed. Has no effect without a terminal,
 * or on process 1.
 */
export function hangUp(): void {
  if (!hadTerminal) return
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}

/** Handles the signals that this process receives. */
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
