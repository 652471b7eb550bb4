import { type AbortSignalLike, untilAborted } from '../../core/abort.ts'
import { ArgumentError } from '../../core/errors.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import { cellsOf, ranked, type Scored } from '../analysis/cells.ts'
import type { Finished } from '../analysis/findings.ts'
import { NoneDoneError } from '../none-done.ts'
import type { Settings } from '../trial.ts'
import type { Outcome } from './advice.ts'
import type { Runner } from './runner.ts'

/** An event of a race (rounds of ever fewer, ever longer trials): a round starts, or a trial has finished. */
export type RaceEvent =
  | { readonly type: 'round'; readonly round: number; readonly trials: number; readonly steps: number }
  | { readonly type: 'trial'; readonly trial: Finished }

/** Maximum number of seeds with which each of the two best combinations of settings is trained. */
const mostSeeds = 5

/** A race: runs rounds of trials and keeps their results, from which the caller chooses the next round's settings. */
export class Race {
  readonly #experiment: Experiment
  readonly #runner: Runner
  readonly #budget: number
  readonly #signal: AbortSignalLike | undefined
  readonly #finished: Finished[] = []
  #spent: number
  #round: Finished[] = []
  #rounds = 0

  /**
   * @param budget total number of optimizer steps allowed @param spent steps that the range tests have already taken
   */
  constructor(
    experiment: Experiment,
    runner: Runner,
    budget: number,
    spent: number,
    signal: AbortSignalLike | undefined,
  ) {
    this.#experiment = experiment
    this.#runner = runner
    this.#budget = budget
    this.#spent = spent
    this.#signal = signal
  }

  /** Runs a round: one trial of `steps` steps for each of these settings, all with the experiment's seed. */
  async *round(settings: readonly Settings[], steps: number): AsyncGenerator<RaceEvent> {
    this.#round = []
    yield* this.#run(settings, steps, this.#experiment.seed, this.#rounds++)
  }

  /** Returns the latest round's `count` best settings. @throws {NoneDoneError} when every trial diverged or failed. */
  best(count: number): Scored[] {
    const scored = ranked(cellsOf(this.#round, this.#experiment.monitor), goalOf(this.#experiment))
    if (scored.length > 0) return scored.slice(0, count)
    const results = this.#round.map(({ result }) => result)
    if (results.every(({ status }) => status !== 'done')) throw new NoneDoneError('advise', results)
    throw new ArgumentError(
      `advise: wanted a trial with a finite ${this.#experiment.monitor}, got none of ${results.length}; ` +
        'look for numbers in the data that are not finite',
    )
  }

  /** Repeats the latest round's two best settings with one more seed at a time, while the budget lasts. */
  async *repeats(steps: number): AsyncGenerator<RaceEvent> {
    const two = this.best(2).map(({ settings }) => settings)
    for (let k = 1; k < mostSeeds && two.length === 2 && this.#spent + 2 * steps <= this.#budget; k++) {
      yield* this.#run(two, steps, this.#experiment.seed + k, this.#rounds - 1)
    }
  }

  get outcome(): Pick<Outcome, 'finished' | 'finals' | 'spent'> {
    return { finished: this.#finished, finals: this.#round, spent: this.#spent }
  }

  async *#run(
    all: readonly Settings[],
    steps: number,
    seed: number,
    rung: number,
  ): AsyncGenerator<RaceEvent> {
    const first = this.#finished.length + 1
    const trials = all.map((settings, i) => ({ id: first + i, settings, seed, steps, rung }))
    yield { type: 'round', round: rung, trials: trials.length, steps }
    const results = this.#runner(this.#experiment, trials, this.#signal)
    for await (const trial of untilAborted(this.#signal, results)) {
      this.#finished.push(trial)
      this.#round.push(trial)
      this.#spent += trial.result.steps
      yield { type: 'trial', trial }
    }
    // Trials finish in any order; the advice must not depend on it.
    for (const list of [this.#finished, this.#round]) list.sort((a, b) => a.id - b.id)
  }
}
