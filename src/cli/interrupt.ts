/** Ctrl-C as a signal; the second one exits the process. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Returns Ctrl-C to the system. */
  stop(): void
}

/** Starts to listen for Ctrl-C. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const ask = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', ask)
  return { signal: controller.signal, stop: () => void process.off('SIGINT', ask) }
}
