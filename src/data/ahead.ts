/**
 * Yields the results of tasks in order while up to `count` of them run: as one waits for a file or a system
 * thread, the next ones progress, also during a training step.
 */
export async function* ahead<T>(tasks: Iterable<() => Promise<T>>, count: number): AsyncGenerator<T> {
  const running: Promise<T>[] = []
  try {
    for (const task of tasks) {
      const result = task()
      result.catch(() => {}) // reported when its turn comes
      running.push(result)
      if (running.length >= count) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}
