/**
 * Runs up to `count` tasks at a time, and yields their results in order. Files and system threads thus keep
 * busy, also during a training step.
 */
export async function* ahead<T>(tasks: Iterable<() => Promise<T>>, count: number): AsyncGenerator<T> {
  const running: Promise<T>[] = []
  try {
    for (const task of tasks) {
      const result = task()
      result.catch(() => {}) // no unhandled rejection: the error is thrown when this result is due
      running.push(result)
      if (running.length >= count) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}
