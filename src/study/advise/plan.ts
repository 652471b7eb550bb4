import { ArgumentError } from '../../core/errors.ts'

/** Division of a budget: the number of optimizer steps for each range test and each trial. */
export interface Plan {
  /** Number of optimizer steps of one learning-rate range test. */
  readonly ramp: number
  /** Steps of one trial, for each of the three rounds; in the last round, a full run if the budget suffices. */
  readonly rounds: readonly [first: number, second: number, last: number]
  /** Whether trials of the last round have as many steps as the experiment's full run. */
  readonly whole: boolean
}

/** Number of learning rates tried with each normalization in the first round. */
export const rates = 5
/** Number of combinations of settings kept from the first round for the second. */
export const kept = 4
/** Number of trials in the last round. */
export const finalists = 4

/** Factor by which trials get longer from one round to the next. */
const growth = 3

/** Total steps of the three rounds, as a number of full runs, with two normalizations and two schedules. */
const runs = (2 * rates) / growth ** 2 + (2 * kept) / growth + finalists

/** Minimum number of optimizer steps of a trial; results of a shorter trial would mean nothing. */
const fewest = 10

/** Returns the number of steps of each of the two range tests: 1/22 of the budget, but at least 60 and at most 600. */
const rampOf = (budget: number): number => Math.max(60, Math.min(600, Math.round(budget / 22)))

/** Returns the smallest budget, in steps, that leaves `steps` for trials after the two range tests. */
function budgetFor(steps: number): number {
  let budget = Math.ceil(steps) + 120
  while (budget - 2 * rampOf(budget) < steps) budget++
  return budget
}

/** Returns the smallest budget, in steps, at which the trials of the last round are full runs. */
export const wholeBudget = (runSteps: number): number => budgetFor(runs * runSteps)

/** Returns the smallest budget, in steps, that also pays for full runs of the best two with `seeds` seeds each. */
export const seedsBudget = (runSteps: number, seeds: number): number =>
  budgetFor(runs * runSteps + 2 * (seeds - 1) * runSteps)

/** Divides a budget of steps. @throws {ArgumentError} when trials of round 1 would be shorter than 10 steps. */
export function planOf(budget: number, runSteps: number): Plan {
  const ramp = rampOf(budget)
  const last = Math.min(runSteps, Math.floor((budget - 2 * ramp) / runs))
  const rounds = [last / growth ** 2, last / growth, last].map(Math.floor)
  const [first = 0, second = 0] = rounds
  if (first < Math.min(fewest, Math.floor(runSteps / growth ** 2))) {
    const least = wholeBudget(Math.min(runSteps, fewest * growth ** 2))
    throw new ArgumentError(
      `advise: wanted a budget of ${least} steps or more, got ${budget}; a run has ${runSteps}, ` +
        `and trials as long as a run take ${wholeBudget(runSteps)}`,
    )
  }
  return { ramp, rounds: [Math.max(1, first), Math.max(1, second), last], whole: last === runSteps }
}
