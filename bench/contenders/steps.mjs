/** Batch `k` of a cycle of `count` batches of a network on feature vectors. */
export function batchAt({ batch, shape }, { x, y }, k, count) {
  const [size] = shape
  const first = (k % count) * batch
  return { x: x.slice(first * size, (first + batch) * size), y: y.slice(first, first + batch) }
}

/**
 * A trainer from single steps. A tenth of them runs before the clock starts, to warm the caches again.
 *
 * @param {(batch: number) => Promise<number>} step trains on a prepared batch and reads its loss back
 * @returns {(steps: number) => Promise<Measured>}
 */
export const stepping = (step) => {
  let at = 0
  return async (steps) => {
    let loss = 0
    for (let i = 0; i < steps / 10; i++) loss = await step(at++)
    const start = performance.now()
    for (let i = 0; i < steps; i++) loss = await step(at++)
    return { ms: performance.now() - start, steps, loss }
  }
}
