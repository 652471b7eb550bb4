/** Signal that asks a run to write a checkpoint and continue; Windows has none. SIGUSR1 opens Node's debugger. */
const signal = 'SIGUSR2'
const isKnown = process.platform !== 'win32'

const ignore = (): void => {}

/** Ignores the signal from now on, instead of ending the process: commands other than training have nothing to save. */
export function ignoreSaveRequests(): void {
  if (isKnown) process.on(signal, ignore)
}

/** Requests to save, by SIGUSR2, since this was made. */
export class SaveRequests {
  #isAsked = false

  constructor() {
    if (isKnown) process.on(signal, this.#receive)
  }

  /** Whether a request has come since the last call. */
  take(): boolean {
    const isAsked = this.#isAsked
    this.#isAsked = false
    return isAsked
  }

  stop(): void {
    process.off(signal, this.#receive)
  }

  readonly #receive = (): void => {
    this.#isAsked = true
  }
}
