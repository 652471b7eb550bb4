import { abortSignal } from '../../core/abort.ts'
import {
  boolean,
  callback,
  list,
  type OptionsOf,
  present,
  readOptions,
  required,
  size,
  text,
} from '../../core/options.ts'
import { canResplit } from '../../data/resplit.ts'
import { isStream } from '../../data/stream.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import type { Finished } from '../analysis/findings.ts'
import { keyOf } from '../settings.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Advice, adviceOf } from './advice.ts'
import type { Belief } from './belief.ts'
import { batchSteps, largerBatches } from './bottleneck.ts'
import { candidatesOf, own } from './candidates.ts'
import { promising } from './choose.ts'
import { confidenceIn } from './confidence.ts'
import type { Contender } from './contender.ts'
import { planOf } from './plan.ts'
import { Race, type RaceEvent } from './race.ts'
import { inProcess, type Runner } from './runner.ts'

/** Maximum number of training and validation examples that are split anew for each seed. */
const mostResplit = 2000

const options = {
  /** Total optimizer steps that all trials together may take; 18 runs of the experiment are usual. */
  budget: required(size),
  /** Names of optimizers, such as `muon`, to race beside the experiment's own, with their default options. @default [] */
  optimizers: list(text()),
  /**
   * Whether each further seed also splits training and validation examples anew, in the same sizes. False for examples
   * that belong together, such as a patient's, and that you have split yourself.
   * @default true for up to 2,000 examples in memory, unless `data.split` kept them together with `by` or `order`
   */
  resplit: boolean(),
  /** Function that runs the trials. @default one after another in this process */
  runner: callback<Runner>('a function of an experiment and its trials'),
  /** Abort signal that stops the trials. */
  signal: abortSignal(),
}

export interface AdviseOptions extends OptionsOf<typeof options> {}

/** An event of `advise`: a round starts, a trial has finished; last, the advice. */
export type AdviseEvent = RaceEvent | { readonly type: 'advice'; readonly advice: Advice }

/**
 * Recommends a normalization, learning rate, schedule and weight decay for a model and its data, within a budget of
 * optimizer steps.
 *
 * What is known of all settings is a Gaussian process over the logarithm of the validation loss. Before the first trial,
 * it is what the atlas of fields and networks teaches; each round of trials is chosen where it promises most. Up to 15 %
 * of the budget is for runs of a third of the steps, which compare normalizations and rates. Then whole runs, each
 * through a complete schedule, compare all settings and the experiment as it is, with several seeds for the best. The
 * recommended settings are those of a whole run with the lowest expected loss; the confidence is their probability to be
 * about the best.
 *
 * Model, data and batch size are not varied.
 *
 * @throws {ArgumentError} when the budget is too small for trials of 10 steps.
 * @throws {NoneDoneError} when every trial as long as a run diverged or failed.
 * @throws the reason of `signal`, once it is aborted and there is no advice yet.
 */
export async function* advise(experiment: Experiment, given: AdviseOptions): AsyncGenerator<AdviseEvent> {
  const {
    budget,
    optimizers = [],
    resplit,
    runner = inProcess,
    signal,
  } = readOptions('advise', options, given)
  signal?.throwIfAborted()
  const plan = planOf(budget, stepsWith(experiment)({}))
  const candidates = [
    ...(plan.isWhole ? [own] : []), // a schedule of the experiment's own may not fit a shorter run
    ...candidatesOf(experiment, plan.whole, optimizers),
  ]
  const metric = { name: experiment.monitor, goal: goalOf(experiment) }
  const race = new Race({
    ...{ metric, candidates, plan, budget },
    seed: experiment.seed,
    resplit: resplit ?? isSmall(experiment),
    usualNoise: usualNoiseOf(experiment),
    ...(isCrossEntropy(experiment) && { examples: validationExamples(experiment) }),
    run: (trials) => runner(experiment, trials, signal),
    ...present({ signal }),
  })
  yield* race.short()
  yield* race.whole(batchSteps(experiment, plan.whole))
  const belief = race.belief()
  const recommended = bestOf(belief, race.eligible)
  const whole = race.finished.filter(({ rung }) => rung === 1)
  yield* race.more(largerBatches(experiment, recommended.settings, whole))
  const rivals = promising(belief, candidates, triedOf(candidates, whole))
  const runs = whole.filter(({ settings }) => keyOf(settings) === keyOf(recommended.settings))
  const confidence = confidenceIn(belief, rivals, recommended, runs.length)
  yield {
    type: 'advice',
    advice: adviceOf({ experiment, plan, budget, finished: race.finished, recommended, confidence }),
  }
}

const isSmall = ({ data, sampler }: Experiment): boolean =>
  sampler === undefined && canResplit(data) && data.train.length + data.validation.length <= mostResplit

/** Returns how much to expect the logarithm of a loss to differ between seeds: more with few validation examples. */
const usualNoiseOf = (experiment: Experiment): number => 0.8 / Math.sqrt(validationExamples(experiment))

const validationExamples = ({ data: { validation } }: Experiment): number =>
  isStream(validation) ? 1000 : validation.length

/** Whether the score is a loss of classes, which is taken to be their cross-entropy. */
const isCrossEntropy = ({ monitor, data: { validation } }: Experiment): boolean =>
  monitor === 'validationLoss' && validation.classes !== undefined

function bestOf(belief: Belief, candidates: readonly Contender[]): Contender {
  const { mean } = belief.summary(candidates)
  return candidates[mean.indexOf(Math.min(...mean))]!
}

/** Returns the candidates that have whole trials. */
function triedOf(candidates: readonly Contender[], whole: readonly Finished[]): Contender[] {
  const keys = new Set(whole.map(({ settings }) => keyOf(settings)))
  return candidates.filter(({ settings }) => keys.has(keyOf(settings)))
}
