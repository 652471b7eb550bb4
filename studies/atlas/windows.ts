import { looks, outcomes } from './arms.ts'
import { NotRun, type Runs } from './book.ts'
import { type MainNorm, norms } from './cell.ts'
import { race } from './race.ts'
import { windowSchedule } from './stages.ts'

/** The losses of all rates of a normalization, trained in full, and the rates that are nearly as good as the best. */
export interface Window {
  readonly norm: MainNorm
  readonly points: readonly Point[]
  /** By seed. */
  readonly seeds: readonly UsableRates[]
}

export interface Point {
  readonly lr: number
  /** Test loss by seed; undefined where the run diverged. */
  readonly losses: readonly (number | undefined)[]
  readonly validation: readonly number[]
}

export interface UsableRates {
  readonly best: number
  readonly low: number
  readonly high: number
  /** log₁₀(high / low) */
  readonly decades: number
}

/** A rate is usable if its validation loss is at most this many times the best rate's. */
export const usable = 1.1

/** The windows of the three normalizations. @throws {NotRun} unless all rates have been trained. */
export async function windowsOf(runs: Runs): Promise<readonly Window[]> {
  const all: Window[] = []
  for (const norm of norms) {
    const { tried } = await race(runs, { norm, schedule: windowSchedule })
    const points: Point[] = []
    for (const lr of tried) {
      const found = await outcomes(runs, { norm, schedule: windowSchedule, lr, steps: runs.cell.steps })
      const first = [...found.values()].slice(0, looks[0]!)
      if (first.length < looks[0]!) throw new NotRun(`${runs.cell.id}: ${norm} ${lr} lacks seeds`)
      const validation = first.map(({ validationLoss = Number.POSITIVE_INFINITY }) => validationLoss)
      points.push({ lr, losses: first.map(({ test }) => test?.loss), validation })
    }
    all.push({ norm, points, seeds: points[0]!.validation.map((_, seed) => usableRates(points, seed)) })
  }
  return all
}

/** The best rate of a seed, extended to both sides while the next rate is usable. */
function usableRates(points: readonly Point[], seed: number): UsableRates {
  const losses = points.map(({ validation }) => validation[seed]!)
  const at = losses.indexOf(Math.min(...losses))
  const within = (i: number): boolean => losses[i] !== undefined && losses[i]! <= usable * losses[at]!
  let [first, last] = [at, at]
  while (within(first - 1)) first--
  while (within(last + 1)) last++
  const [low, high] = [points[first]!.lr, points[last]!.lr]
  return { best: points[at]!.lr, low, high, decades: Math.log10(high / low) }
}
