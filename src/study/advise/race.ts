import { type AbortSignalLike, untilAborted } from '../../core/abort.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { NoneDoneError } from '../none-done.ts'
import { keyOf } from '../settings.ts'
import type { Trial } from '../trial.ts'
import { Belief } from './belief.ts'
import { firstSchedule } from './candidates.ts'
import { chosenNext, openingOf, promising } from './choose.ts'
import type { Contender, Observed } from './contender.ts'
import { atATime, mostWhole, type Plan } from './plan.ts'
import { valuesOf } from './scores.ts'

/** Number of rounds on the same split, so that settings of different rounds can be compared. */
const roundsPerSplit = 2

/** Factors of the deviations of draws at the start and at the end of a race: good settings are tried again ever sooner. */
const [warmest, coldest] = [1, 0.3]

/** An event of a race: a round of trials, chosen together, starts; or a trial has finished. */
export type RaceEvent =
  | { readonly type: 'round'; readonly round: number; readonly trials: number; readonly steps: number }
  | { readonly type: 'trial'; readonly trial: Finished }

/** What a race is run on. */
export interface RaceCourse {
  readonly metric: Objective
  readonly candidates: readonly Contender[]
  readonly plan: Plan
  readonly budget: number
  /** Seed of the first run of each candidate. */
  readonly seed: number
  /** Whether runs after the first of a candidate split training and validation examples anew. */
  readonly resplit: boolean
  readonly usualNoise: number
  /** Number of validation examples, if the score is their cross-entropy. */
  readonly examples?: number
  /** Runs trials and yields each with its result. */
  run(trials: readonly Trial[]): AsyncIterable<Finished>
  readonly signal?: AbortSignalLike
}

/** A race: runs trials in rounds, each chosen by what is believed after those before it. */
export class Race {
  readonly #course: RaceCourse
  readonly #finished: Finished[] = []
  readonly #byKey: ReadonlyMap<string, Contender>
  #planned = 0
  #rounds = 0
  /** Numbers of rounds of short and of whole trials. */
  readonly #blocks: [short: number, whole: number] = [0, 0]

  constructor(course: RaceCourse) {
    this.#course = course
    this.#byKey = new Map(course.candidates.map((one) => [keyOf(one.settings), one]))
  }

  get finished(): readonly Finished[] {
    return this.#finished
  }

  /** Runs short trials with one schedule, which find out about normalizations and rates. */
  async *short(): AsyncGenerator<RaceEvent> {
    const { candidates, plan } = this.#course
    const first = candidates.filter(
      ({ schedule, decay, isCoarse }) => schedule === firstSchedule && decay === '' && isCoarse,
    )
    let left = plan.shortTrials
    for (const opening of openingOf(first)) {
      if (opening.length > left) break
      yield* this.#round(opening, true)
      left -= opening.length
    }
    for (; left > 0 && first.length > 0; left -= atATime) {
      yield* this.#round(this.#chosen(first, Math.min(atATime, left), true), true)
    }
  }

  /** Runs whole trials, the first of which is the experiment as it is, until `reserve` steps of the budget are left. */
  async *whole(reserve: number): AsyncGenerator<RaceEvent> {
    const { candidates, plan, budget } = this.#course
    const affordable = Math.floor((budget - reserve - this.#planned) / plan.whole)
    for (let left = Math.min(mostWhole, affordable); left > 0; left -= atATime) {
      yield* this.#round(this.#chosen(candidates, Math.min(atATime, left), false), false)
    }
  }

  /** Runs further trials, such as comparisons of the recommended settings, as far as the budget lasts. */
  async *more(trials: readonly Omit<Trial, 'id'>[]): AsyncGenerator<RaceEvent> {
    const steps = trials.reduce((sum, trial) => sum + trial.steps, 0)
    if (trials.length > 0 && this.#planned + steps <= this.#course.budget) yield* this.#run(trials)
  }

  /** Returns what is believed after all runs of candidates so far. */
  belief(): Belief {
    const { metric, usualNoise, examples } = this.#course
    const known = this.#finished.filter(({ rung }) => rung < 2)
    const values = valuesOf(known, metric, examples)
    const observed = values.map(
      (value, i): Observed => ({
        candidate: this.#byKey.get(keyOf(known[i]!.settings))!,
        isShort: known[i]!.rung === 0,
        seed: known[i]!.seed,
        value,
      }),
    )
    return new Belief(observed, usualNoise)
  }

  /**
   * Returns the candidates that have whole trials, none of which diverged or failed.
   *
   * @throws {NoneDoneError} when every whole trial diverged or failed.
   * @throws {ArgumentError} when no score is finite.
   */
  get eligible(): Contender[] {
    const { metric } = this.#course
    const whole = this.#finished.filter(({ rung }) => rung === 1)
    const results = whole.map(({ result }) => result)
    if (results.every(({ status }) => status !== 'done')) throw new NoneDoneError('advise', results)
    const isGood = ({ result }: Finished): boolean =>
      result.status === 'done' && Number.isFinite(result.metrics[metric.name])
    const keys = new Set(whole.filter(isGood).map(({ settings }) => keyOf(settings)))
    for (const trial of whole) if (!isGood(trial)) keys.delete(keyOf(trial.settings))
    if (keys.size > 0) return [...keys].map((key) => this.#byKey.get(key)!)
    throw new ArgumentError(
      `advise: wanted a trial with a finite ${metric.name}, got none of ${results.length}; ` +
        'look for numbers in the data that are not finite',
    )
  }

  /** Runs a round of trials, each with the next seed of its candidate. */
  async *#round(chosen: readonly Contender[], isShort: boolean): AsyncGenerator<RaceEvent> {
    const { plan, seed, resplit } = this.#course
    const [steps, rung] = isShort ? ([plan.short, 0] as const) : ([plan.whole, 1] as const)
    const used = new Set(this.#finished.map((trial) => runKey(trial)))
    const block = resplit ? Math.floor(this.#blocks[rung]++ / roundsPerSplit) : 0
    const trials = chosen.map(({ settings }): Omit<Trial, 'id'> => {
      let k = block
      while (used.has(runKey({ settings, rung, seed: seed + k }))) k++
      used.add(runKey({ settings, rung, seed: seed + k }))
      return { settings, seed: seed + k, steps, rung, ...(resplit && k > 0 && { split: seed + k }) }
    })
    yield* this.#run(trials)
  }

  #chosen(candidates: readonly Contender[], count: number, isShort: boolean): Contender[] {
    const isFirst = !isShort && this.#finished.every(({ rung }) => rung === 0)
    const forced = isFirst ? candidates.filter(({ isOwn }) => isOwn).slice(0, count) : []
    const belief = this.belief()
    const likely = promising(belief, candidates)
    const temper = isShort ? 1 : warmest - (warmest - coldest) * (this.#planned / this.#course.budget)
    return [...forced, ...chosenNext(belief, likely, count - forced.length, `round ${this.#rounds}`, temper)]
  }

  async *#run(all: readonly Omit<Trial, 'id'>[]): AsyncGenerator<RaceEvent> {
    const first = this.#finished.length + 1
    const trials = all.map((trial, i): Trial => ({ id: first + i, ...trial }))
    yield { type: 'round', round: this.#rounds++, trials: trials.length, steps: trials[0]!.steps }
    for (const { steps } of trials) this.#planned += steps
    for await (const trial of untilAborted(this.#course.signal, this.#course.run(trials))) {
      this.#finished.push(trial)
      yield { type: 'trial', trial }
    }
    this.#finished.sort((a, b) => a.id - b.id) // trials finish in any order; the advice must not depend on it
  }
}

const runKey = ({ settings, rung, seed }: Pick<Trial, 'settings' | 'rung' | 'seed'>): string =>
  `${keyOf(settings)} ${rung} ${seed}`
