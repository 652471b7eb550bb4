import { maxOf } from '../../core/vector.ts'
import { microBatchesPerStep } from '../../train/accumulation.ts'
import { isFinding, percent, short } from '../diagnosis.ts'
import { firstLeft } from '../diagnostics/first-statistics.ts'
import { statisticSizes } from '../diagnostics/statistic-size.ts'
import { longestMemory, tailOf } from '../diagnostics/tail.ts'
import type { Subject } from '../subject.ts'
import { type LintRule, list } from './rule.ts'

// The size of batch statistics, and whether evaluation has those of its weights.

export const fewValues: LintRule = {
  name: 'few-values',
  title: 'batches that are small for their statistics',
  source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
  look({ structure, experiment }) {
    const found = statisticSizes(structure.norms, experiment)
    return isFinding(found) && found.severity !== 'ok'
      ? [{ severity: found.severity, advice: found.advice }]
      : []
  },
}

export const accumulation: LintRule = {
  name: 'accumulation',
  title: 'accumulated gradients with BN: each part has statistics of its own',
  source: 'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.3',
  look({ structure, experiment, examples }) {
    const { accumulate, batchSize } = experiment
    const exact = typeof accumulate === 'object' && accumulate.batchNorm === 'exact'
    if (microBatchesPerStep(accumulate) === 1 || exact || structure.norms.length === 0) return []
    const advice = `a step takes ${examples} examples and BN normalizes ${batchSize} at a time, so this is not a batch of ${examples}; accumulate with batchNorm: 'exact' is, in the memory of one`
    return [{ severity: 'note', advice }]
  },
}

export const keptFirst: LintRule = {
  name: 'kept-first',
  title: 'a run too short for the running statistics to forget what they start from',
  source: 'ours: (1 − momentum)ᵗ',
  look(plan) {
    const batches = plan.steps * microBatchesPerStep(plan.experiment.accumulate)
    const kept = plan.tracking.filter(({ layer }) => firstLeft(layer, batches) > 0.01)
    if (kept.length === 0 || recalibrates(plan)) return []
    const left = percent(firstLeft(kept[0]!.layer, batches))
    const advice = `after ${batches} batches ${left} of the running statistics of BN ${list(kept.map(({ name }) => name))} are still the mean 0 and variance 1 that they start from: use zeroDebias, or a greater momentum`
    return [{ severity: 'warning', advice }]
  },
}

/** Whether statistics are remeasured before each evaluation. */
function recalibrates({ experiment }: Subject): boolean {
  const { optimizer, recalibrateBeforeEvaluation } = experiment
  const { evaluation } = optimizer.traits()
  return evaluation ? evaluation.batchNorm === 'recalibrate' : recalibrateBeforeEvaluation
}

export const averaged: LintRule = {
  name: 'averaged-weights',
  title: 'averages of weights with statistics that are not theirs',
  source: 'Izmailov et al. 2018, https://arxiv.org/abs/1803.05407',
  look({ tracking, experiment }) {
    const { evaluation } = experiment.optimizer.traits()
    if (!evaluation || tracking.length === 0 || evaluation.batchNorm === 'recalibrate') return []
    const copied = evaluation.batchNorm === 'copy'
    const what = copied
      ? 'has the running statistics of the weights in training'
      : 'averages the running statistics'
    const advice = `the ${evaluation.type} average ${what}, which are not those of its weights: leave batchNorm at 'recalibrate'`
    return [{ severity: copied ? 'warning' : 'note', advice }]
  },
}

export const shortTail: LintRule = {
  name: 'short-tail',
  title: 'a schedule whose end is shorter than the memory of the running statistics',
  source:
    'ours: statistics lag by the weights’ movement in 1/momentum steps; Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
  look(plan) {
    if (plan.tracking.length === 0 || recalibrates(plan)) return []
    const [length, memory] = [tailOf(plan.rates), longestMemory(plan.tracking, plan.steps - 1)]
    if (length >= memory) return []
    const end = percent(plan.rates.at(-1)! / maxOf(plan.rates))
    const advice = `the rate ends at ${end} of its highest, below 10 % for ${length} steps, where the running statistics remember ${short(memory)}: let it decay to 0, or set recalibrateBeforeEvaluation`
    return [{ severity: 'note', advice }]
  },
}

/** The share of evaluations after epochs at half of the highest rate or more. */
function atHighRate({ rates, length }: Subject): number {
  const stepsPerEpoch = length.stepsPerEpoch!
  const ends = Array.from(
    { length: Math.ceil(rates.length / stepsPerEpoch) },
    (_, epoch) => rates[Math.min((epoch + 1) * stepsPerEpoch, rates.length) - 1]!,
  )
  return ends.filter((rate) => rate >= maxOf(rates) / 2).length / ends.length
}

export const staleEvaluation: LintRule = {
  name: 'stale-evaluation',
  title: 'constant, cyclic or warmup-stable-decay rates, evaluated with the statistics of earlier weights',
  source:
    'Defazio et al. 2024, https://arxiv.org/abs/2405.15682; Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
  look(plan) {
    if (plan.tracking.length === 0 || recalibrates(plan)) return []
    const part = atHighRate(plan)
    if (part < 0.75 || shortTail.look(plan).length > 0) return []
    const advice = `${percent(part)} of the evaluations come at half of the highest rate or more, with statistics that lag behind the weights: set recalibrateBeforeEvaluation to make them comparable`
    return [{ severity: 'note', advice }]
  },
}

export const staleControl: LintRule = {
  name: 'stale-control',
  title: 'a controller that follows a loss of stale statistics',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
  look(plan) {
    const { control, monitor } = plan.experiment
    if (control.length === 0 || monitor === 'trainLoss' || plan.tracking.length === 0 || recalibrates(plan))
      return []
    const names = list(control.map(({ spec }) => spec.type))
    const advice = `${names} follows ${monitor}, which is measured with statistics that lag while the rate is high: set recalibrateBeforeEvaluation, or it answers to them`
    return [{ severity: 'note', advice }]
  },
}
