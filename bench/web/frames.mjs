// Trains in a worker while the page draws frames.
import { train } from '../../dist/index.js'

/** Trains for a number of seconds; returns the milliseconds between two frames of the page, and the number of steps. */
export async function gaps(seconds) {
  const run = train.inWorker(new Worker('/frames-worker.js', { type: 'module' }))
  const between = []
  let [last, steps, isOver] = [undefined, 0, false]
  const frame = (now) => {
    if (last !== undefined) between.push(now - last)
    last = now
    if (!isOver) requestAnimationFrame(frame)
  }
  let begun
  for await (const { type, progress } of run) {
    steps = progress.steps
    if (type === 'start') {
      begun = performance.now()
      requestAnimationFrame(frame)
    }
    if (performance.now() - begun > seconds * 1e3) break
  }
  isOver = true
  return { between, steps }
}
