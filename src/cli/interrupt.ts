/** An abort signal that the first Ctrl-C aborts, until `stop` is called. */
interface Interrupt {
  readonly signal: AbortSignal
  /** Stops listening for Ctrl-C, so that Ctrl-C ends the process as usual. */
  stop(): void
}

/** Listens for Ctrl-C: the first one aborts the returned signal, the second one exits the process. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController()
  const ask = (): void => (controller.signal.aborted ? process.exit(130) : controller.abort())
  process.on('SIGINT', ask)
  return { signal: controller.signal, stop: () => void process.off('SIGINT', ask) }
}
