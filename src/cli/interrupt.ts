/** Ctrl-C as an abort signal. */
interface Interrupt {
  readonly signal: AbortSignal
  /** Stops listening, so that Ctrl-C ends the process again. */
  stop(): void
}

/** Listens for Ctrl-C: the first aborts the signal, the second exits the process. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const ask = (): void => (controller.signal.aborted ? process.exit(130) : controller.abort())
  process.on('SIGINT', ask)
  return { signal: controller.signal, stop: () => void process.off('SIGINT', ask) }
}
