/**
 * Runs up to `count` tasks concurrently, and yields their results in the order of `tasks`. Files are thus read
 * and images decoded while the caller computes a training step.
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
