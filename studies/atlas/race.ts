import { choosingSeed, type Runs } from './book.ts'
import { halfDecade, type Norm, ratesOf, type Schedule } from './cell.ts'
import type { Plan } from './learner.ts'

/** An arm of a cell: a normalization with a schedule. */
export interface Arm {
  readonly norm: Norm
  readonly schedule: Schedule
}

/** The rates that an arm tried, and the one that it chose. */
export interface Chosen {
  readonly lr: number
  readonly tried: readonly number[]
}

/** How many rates may be added on each side of a grid. */
const most = 3

/**
 * Chooses the rate of an arm: trains all rates for a third of the run, the best two in full, and takes the one with
 * the lowest validation loss. A best rate at the grid's edge extends the grid.
 */
export async function race(runs: Runs, arm: Arm): Promise<Chosen> {
  const { steps, fixedRates = false } = runs.cell
  const scores = async (tried: readonly number[], steps: number): Promise<Scored[]> => {
    const all: Scored[] = []
    for (const lr of tried)
      all.push({ lr, loss: await lossOf(runs, { ...arm, lr, steps, seed: choosingSeed }) })
    return all.sort((a, b) => a.loss - b.loss || a.lr - b.lr)
  }
  const given = ratesOf(runs.cell, arm.norm)
  let tried = [...given]
  for (;;) {
    const early = await scores(tried, steps / 3)
    const full = await scores(
      early.slice(0, 2).map(({ lr }) => lr),
      steps,
    )
    const next = fixedRates ? tried : extended(tried, given, [early[0]!.lr, full[0]!.lr])
    if (next.length === tried.length) return { lr: full[0]!.lr, tried }
    tried = next
  }
}

interface Scored {
  readonly lr: number
  readonly loss: number
}

async function lossOf(runs: Runs, plan: Plan): Promise<number> {
  const { validationLoss = Number.POSITIVE_INFINITY } = await runs.outcome(plan)
  return validationLoss
}

/** Returns the rates, with one more on each side where a best one lies and that may still grow. */
function extended(tried: readonly number[], given: readonly number[], best: readonly number[]): number[] {
  const at = (lr: number): number => Math.round(2 * Math.log10(lr))
  const [low, high] = [at(tried[0]!), at(tried.at(-1)!)]
  const below = best.includes(tried[0]!) && low > at(given[0]!) - most
  const above = best.includes(tried.at(-1)!) && high < at(given.at(-1)!) + most
  return [...(below ? [halfDecade(low - 1)] : []), ...tried, ...(above ? [halfDecade(high + 1)] : [])]
}
