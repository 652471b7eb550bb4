import { ArgumentError } from '../../core/errors.ts'

/** The lengths of range tests and trials that fit a budget. */
export interface Plan {
  /** Steps of each range test. */
  readonly ramp: number
  /** Steps of a trial in each round; a trial of the last is a full run if the budget suffices. */
  readonly rounds: readonly [first: number, second: number, last: number]
  /** Whether the trials of the last round are full runs. */
  readonly whole: boolean
}

/** Number of rates tried with each normalization in the first round. */
export const rates = 5
/** Number of settings kept for the second round. */
export const kept = 4
/** Number of trials in the last round. */
export const finalists = 4

/** Factor by which a round trains longer than the round before. */
const growth = 3

/** Cost of the rounds in full runs: two normalizations, two schedules for each kept, and the finalists. */
const runs = (2 * rates) / growth ** 2 + (2 * kept) / growth + finalists

/** Fewest steps of a trial: shorter ones tell nothing. */
const fewest = 10

/** Returns the steps of each of two range tests: about a twentieth of the budget, from 60 to 600. */
const rampOf = (budget: number): number => Math.max(60, Math.min(600, Math.round(budget / 22)))

/** Returns the least budget that leaves `steps` for trials: range tests grow with the budget. */
function budgetFor(steps: number): number {
  let budget = Math.ceil(steps) + 120
  while (budget - 2 * rampOf(budget) < steps) budget++
  return budget
}

/** Returns the least budget for which the trials of the last round are full runs. */
export const wholeBudget = (runSteps: number): number => budgetFor(runs * runSteps)

/** Returns the least budget that also pays for `seeds` seeds of the two best. */
export const seedsBudget = (runSteps: number, seeds: number): number =>
  budgetFor(runs * runSteps + 2 * (seeds - 1) * runSteps)

/** Plans rounds that fit a budget. @throws {ArgumentError} when the first trials would be below 10 steps. */
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
