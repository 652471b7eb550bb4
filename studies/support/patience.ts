import { random } from 'evenstep'
import { mean } from './numbers.ts'

/**
 * Patience, in measurements, with which a schedule that waits for a new best loss rarely fires while the loss still
 * falls by `fall` per measurement: ⌈3 · noise / fall⌉, so that the loss falls by three standard deviations in that time.
 *
 * @param noise standard deviation of a measurement about its trend
 */
export const patienceFor = (noise: number, fall: number): number => Math.max(1, Math.ceil(3 * (noise / fall)))

/**
 * Share of straight losses with normal noise of deviation 1 in which a patience is exhausted, though they fall
 * throughout.
 *
 * @param fall how far they fall from one measurement to the next
 */
export function exhausted(fall: number, patience: number, measurements: number, series: number): number {
  const stream = random(0, 'patience', fall)
  let count = 0
  for (let i = 0; i < series; i++) {
    const losses = Array.from({ length: measurements }, (_, k) => stream.normal() - fall * k)
    if (firstFire(losses, patience) < measurements) count++
  }
  return count / series
}

/** Index of the measurement after which a patience is exhausted for the first time; the number of losses if never. */
export function firstFire(losses: readonly number[], patience: number): number {
  let [best, bad] = [Number.POSITIVE_INFINITY, 0]
  for (const [k, loss] of losses.entries()) {
    bad = loss < best ? 0 : bad + 1
    best = Math.min(best, loss)
    if (bad > patience) return k
  }
  return losses.length
}

/** Standard deviation of losses about a trend that is straight over any three of them: of second differences by √6. */
export function noiseOf(losses: readonly number[]): number {
  const bends = losses.slice(2).map((loss, i) => loss - 2 * losses[i + 1]! + losses[i]!)
  return Math.sqrt(mean(bends.map((bend) => bend * bend)) / 6)
}
