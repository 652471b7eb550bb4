import { ArgumentError } from '../../core/errors.ts'

/** How a budget of optimizer steps is divided into trials. */
export interface Plan {
  /** Steps of a whole trial: a run of the experiment or, if the budget is too small for nine of them, a shorter one. */
  readonly whole: number
  /** Steps of a short trial, a third of a whole one. */
  readonly short: number
  /** Number of short trials. */
  readonly shortTrials: number
  /** Whether whole trials have as many steps as the experiment's run. */
  readonly isWhole: boolean
}

/** Smallest budget, in runs of the experiment, at which whole trials are as long as the run. */
const fewestRuns = 9
/** Budget, in runs of the experiment, on which the quality of advice is measured. */
const usualRuns = 18
/** Minimum number of optimizer steps of a short trial; results of a shorter trial would mean nothing. */
const fewestSteps = 10
/** Largest share of the budget for short trials. */
const shortShare = 0.15
/** Largest numbers of short and of whole trials: more would tell little, and take the process longer to choose. */
const mostShort = 24
export const mostWhole = 60

/** Number of trials that are chosen at a time, and may run in parallel. */
export const atATime = 4

/** Returns the budget, in steps, on which the quality of advice is measured: 18 runs of the experiment. */
export const usualBudget = (runSteps: number): number => usualRuns * runSteps

/** Returns the smallest budget, in steps, at which whole trials are as long as the experiment's run. */
export const wholeBudget = (runSteps: number): number => fewestRuns * runSteps

/** Divides a budget of steps. @throws {ArgumentError} when short trials would have fewer than 10 steps. */
export function planOf(budget: number, runSteps: number): Plan {
  const whole = Math.min(runSteps, Math.floor(budget / fewestRuns))
  const short = Math.ceil(whole / 3)
  if (short < Math.min(fewestSteps, Math.ceil(runSteps / 3)) || whole < 1) {
    const least = wholeBudget(Math.min(runSteps, 3 * fewestSteps - 2))
    throw new ArgumentError(
      `advise: wanted a budget of ${least} steps or more, got ${budget}; a run has ${runSteps}, ` +
        `and trials as long as a run take ${wholeBudget(runSteps)}`,
    )
  }
  const shortTrials = Math.min(mostShort, Math.floor((shortShare * budget) / short))
  return { whole, short, shortTrials, isWhole: whole === runSteps }
}
