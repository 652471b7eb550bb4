/** An abort signal that Ctrl-C aborts, until `stop` is called. */
interface Interrupt {
  readonly signal: AbortSignal
  /** Stops listening for Ctrl-C, which then ends the process again. */
  stop(): void
}

/** Listens for Ctrl-C: the first one aborts the returned signal, the second one exits the process. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const ask = (): void => (controller.signal.aborted ? process.exit(130) : controller.abort())
  process.on('SIGINT', ask)
  return { signal: controller.signal, stop: () => void process.off('SIGINT', ask) }
}
