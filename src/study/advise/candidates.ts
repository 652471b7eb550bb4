import { EvenstepError } from '../../core/errors.ts'
import { ghostBatchSize, type NormalizationType, normalizationTypes } from '../../nn/norm/normalization.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import { graphFingerprints } from '../../train/graph-fingerprints.ts'
import { runLength } from '../../train/length.ts'
import { withSettings } from '../../train/spec.ts'
import { taskOf } from '../../train/train.ts'
import type { Settings } from '../trial.ts'
import type { Contender } from './contender.ts'
import { driftWeightDecay } from './weight-decay.ts'

/** The experiment as it is. */
export const own: Contender = {
  settings: {},
  kind: 'own',
  normalization: '',
  schedule: '',
  rate: 0,
  isCoarse: false,
  decay: '',
  isOwn: true,
}

/** Decades from the usual rate of an optimizer to the lowest and to the highest rate that are tried. */
const range = [-2, 1] as const
/** Rates in a decade that whole runs try; short runs try every third of them. */
const perDecade = 6

/** Fewest measurements in a run from which reduce-on-plateau can tell that a loss has stopped falling. */
const fewestEpochs = 20

/** An optimizer that is raced, with its changes to the experiment and its half-decades of rates. */
interface Raced {
  readonly name: string
  readonly settings: Settings
  readonly optimizer: Optimizer
}

/**
 * Returns all settings that may be recommended: every normalization that the model takes, schedule and rate, without
 * and, where it applies, with weight decay by the angle; for each optimizer.
 *
 * @param optimizers names of optimizers to race beside the experiment's own
 * @throws {EvenstepError} when the model cannot be built as it is.
 */
export function candidatesOf(
  experiment: Experiment,
  steps: number,
  optimizers: readonly string[],
): Contender[] {
  const raced: Raced[] = [
    { name: '', settings: {}, optimizer: experiment.optimizer },
    ...optimizers.map((type) => {
      const settings = { optimizer: { type, lr: 1 } }
      return { name: type, settings, optimizer: withSettings(experiment, Object.entries(settings)).optimizer }
    }),
  ]
  const normalizations = normalizationsOf(experiment)
  return raced.flatMap((one) =>
    normalizations.flatMap((normalization) =>
      ratesOf(one.optimizer).flatMap(({ lr, ...rate }) =>
        schedulesOf(experiment, one.optimizer, steps).flatMap((schedule) =>
          decaysOf({ ...experiment, optimizer: one.optimizer }, lr, steps).map(
            (decay): Contender => ({
              settings: { ...one.settings, normalization, lr, ...schedule.settings, ...decay },
              kind: `${one.name} ${normalization}`,
              normalization,
              schedule: schedule.name,
              ...rate,
              decay: 'optimizer.weightDecay' in decay ? 'changed' : '',
              isOwn: false,
            }),
          ),
        ),
      ),
    ),
  )
}

/** Returns the normalizations that the model takes, without those that give the same network as an earlier one. */
function normalizationsOf(experiment: Experiment): NormalizationType[] {
  taskOf(experiment) // a model that cannot be built at all says so
  const known = new Set<string>()
  return normalizationTypes.filter((normalization) => {
    if (normalization === 'ghost' && experiment.batchSize <= ghostBatchSize) return false
    const graph = graphWith(experiment, normalization)
    if (graph === undefined || known.has(graph)) return false
    known.add(graph)
    return true
  })
}

/** Returns a hash of the network with a normalization; undefined if the model cannot have it. */
function graphWith(experiment: Experiment, normalization: NormalizationType): string | undefined {
  try {
    return graphFingerprints(taskOf({ ...experiment, normalization }), experiment.batchSize).graph
  } catch (error) {
    if (error instanceof EvenstepError) return undefined
    throw error
  }
}

/**
 * Shares of the highest rate of its range test that usually suit an optimizer: of SGD, times 1 − μ; and of those that
 * rescale gradients, such as AdamW.
 */
const usualShare = { sgd: 0.04, rescaling: 0.16 } as const

/** Returns the rates to try, with their distances in decades from the rate that usually suits the optimizer. */
function ratesOf(optimizer: Optimizer): (Pick<Contender, 'rate' | 'isCoarse'> & { readonly lr: number })[] {
  const { testRates: [from, to] = [1e-5, 10], heavyBall, momentum = 0 } = optimizer.traits()
  const damping = typeof momentum === 'number' ? 1 - momentum : 1
  const usual = Math.log10(to * (heavyBall ? usualShare.sgd * damping : usualShare.rescaling))
  const middle = 3 * Math.round(2 * usual)
  const count = (range[1] - range[0]) * perDecade + 1
  return Array.from({ length: count }, (_, i) => middle + range[0] * perDecade + i)
    .map((k) => {
      const lr = Number((10 ** (k / perDecade)).toPrecision(2))
      return { lr, rate: k / perDecade - usual, isCoarse: k % 3 === 0 }
    })
    .filter(({ lr }) => lr >= from && lr <= to)
}

/** The schedule of short runs, which only compare normalizations and rates. */
export const firstSchedule = 'linear'

interface NamedSchedule {
  readonly name: string
  readonly settings: Settings
}

/** Returns the schedules to try: constant ones, if the optimizer is designed for that, else decaying ones, too. */
function schedulesOf(experiment: Experiment, optimizer: Optimizer, steps: number): NamedSchedule[] {
  const named = (name: string, schedule: string): NamedSchedule => ({ name, settings: { schedule } })
  const constant = [named('constant', 'constant')]
  const warm = 'warmup {5%} + constant {lr}'
  if (optimizer.traits().constantRate) return [...constant, named(firstSchedule, warm)]
  const decaying = {
    [firstSchedule]: 'warmupLinear',
    cosine: 'warmupCosine',
    oneCycle: 'oneCycle',
    rex: 'warmupRex',
    wsd: 'wsd',
  }
  const plateau = plateauOf(experiment, steps)
  return [
    ...constant,
    ...Object.entries(decaying).map(([name, text]) => named(name, text)),
    ...(plateau ? [{ name: 'plateau', settings: { schedule: warm, control: [plateau] } }] : []),
  ]
}

/**
 * Returns the controller that divides the rate by 10 where the loss has not improved for a tenth of a run, the patience
 * that came closest to a decay (claim of docs/science.md on plateaus); undefined for a run with fewer than 20 epochs, or an experiment with controllers of its own.
 */
function plateauOf(
  experiment: Experiment,
  steps: number,
): { type: string; patience: number; mode: string } | undefined {
  const { stepsPerEpoch } = runLength(experiment)
  const epochs = stepsPerEpoch === undefined ? 0 : steps / stepsPerEpoch
  if (epochs < fewestEpochs || experiment.control.length > 0) return undefined
  return {
    type: 'reduceOnPlateau',
    patience: Math.max(1, Math.round(0.1 * epochs)),
    mode: goalOf(experiment),
  }
}

/** Returns the changes of weight decay to try: none, the one by the angle, and 0 in place of the experiment's own. */
function decaysOf(experiment: Experiment, lr: number, steps: number): Settings[] {
  const { weightDecay = 0 } = experiment.optimizer.spec as { readonly weightDecay?: unknown }
  const drift = driftWeightDecay(experiment, lr, steps)
  const values = [
    ...(weightDecay === 0 ? [] : [0]),
    ...(drift === undefined || drift === weightDecay ? [] : [drift]),
  ]
  return [{}, ...values.map((value) => ({ 'optimizer.weightDecay': value }))]
}
