/** Ctrl-C as a signal; a second one ends the process. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Leave Ctrl-C to the system again. */
  stop(): void
}

/** Listen to Ctrl-C. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const ask = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', ask)
  return { signal: controller.signal, stop: () => void process.off('SIGINT', ask) }
}
