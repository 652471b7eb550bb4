import { ArgumentError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'

/** How a budget is spent. */
export interface Plan {
  /** Steps of each range test. */
  readonly ramp: number
  /** Steps of a trial in each round: the last are as long as a run where the budget reaches that far. */
  readonly rounds: readonly [first: number, second: number, last: number]
  /** Whether the trials of the last round are as long as a run. */
  readonly whole: boolean
}

/** Rates of each normalisation in the first round, settings that go on to the second, and trials of the last. */
export const rates = 5
export const kept = 4
export const finalists = 4

/** Each round trains three times as long as the one before. */
const growth = 3

/** Steps of all rounds, in runs: two normalisations at first, two schedules of each that was kept, the finalists. */
const runs = (2 * rates) / growth ** 2 + (2 * kept) / growth + finalists

/** The fewest steps of a trial that say anything. */
const fewest = 10

/** Steps of each range test: a tenth of the budget for both, and no more than 600 each, for more tell no more. */
const rampOf = (budget: number): number => Math.max(60, Math.min(600, Math.round(budget / 22)))

/** The least budget that leaves so many steps beside the range tests, which grow with it. */
function budgetFor(steps: number): number {
  let budget = Math.ceil(steps) + 120
  while (budget - 2 * rampOf(budget) < steps) budget++
  return budget
}

/** The least budget with which the trials of the last round are as long as a run. */
export const wholeBudget = (runSteps: number): number => budgetFor(runs * runSteps)

/** The least budget that pays for so many seeds of the two best as well. */
export const seedsBudget = (runSteps: number, seeds: number): number =>
  budgetFor(runs * runSteps + 2 * (seeds - 1) * runSteps)

/**
 * Rounds that fit a budget.
 *
 * @throws {ArgumentError} when the trials of the first round would have fewer than 10 steps.
 */
export function planOf(budget: number, runSteps: number): Plan {
  if (!Number.isInteger(budget) || budget < 1)
    throw mismatch('advise', 'budget as a positive integer', budget)
  const ramp = rampOf(budget)
  const last = Math.min(runSteps, Math.floor((budget - 2 * ramp) / runs))
  const rounds = [last / growth ** 2, last / growth, last].map(Math.floor)
  const [first = 0, second = 0] = rounds
  if (first < Math.min(fewest, Math.floor(runSteps / growth ** 2))) {
    throw new ArgumentError(
      `advise: wanted a budget of ${wholeBudget(Math.min(runSteps, fewest * growth ** 2))} steps or more, got ${budget}; ` +
        `a run has ${runSteps}, and trials as long as a run take ${wholeBudget(runSteps)}`,
    )
  }
  return { ramp, rounds: [Math.max(1, first), Math.max(1, second), last], whole: last === runSteps }
}
