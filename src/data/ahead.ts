/**
 * The results of tasks in their order, with up to `count` of them under way at a time. Where a task waits for a
 * file or for a thread of the system, the next ones are done while a training step runs.
 */
export async function* ahead<T>(tasks: Iterable<() => Promise<T>>, count: number): AsyncGenerator<T> {
  const running: Promise<T>[] = []
  try {
    for (const task of tasks) {
      const result = task()
      result.catch(() => {}) // told when its turn comes
      running.push(result)
      if (running.length >= count) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}
