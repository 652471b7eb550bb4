import { figure, percent } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import { microBatchesPerStep } from '../../train/accumulate.ts'
import { advised } from '../advised.ts'
import { isFinding } from '../diagnosis.ts'
import { firstLeft } from '../diagnostics/first-statistics.ts'
import { statisticSizes } from '../diagnostics/statistic-size.ts'
import { longestMemory, tailOf } from '../diagnostics/tail.ts'
import type { Subject } from '../subject.ts'
import { abridged, type LintRule } from './rule.ts'

/** Lint rules about the noise of BN's batch statistics, and about evaluation with stale running statistics. */
export const statisticsRules: readonly LintRule[] = [
  {
    name: 'few-values',
    title: 'batches too small for BN statistics',
    source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
    look({ structure, experiment }) {
      const found = statisticSizes(structure.norms, experiment)
      if (!isFinding(found) || found.severity === 'ok') return []
      const { severity, advice, change } = found
      return [{ severity, advice, ...(change && { change }) }]
    },
  },
  {
    name: 'accumulation',
    title: 'gradient accumulation with BN, which normalizes each micro-batch by its own statistics',
    source: 'Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 2.3',
    look({ structure, experiment, examples }) {
      const { accumulate, batchSize } = experiment
      const exact = typeof accumulate === 'object' && accumulate.batchNorm === 'exact'
      if (microBatchesPerStep(accumulate) === 1 || exact || structure.norms.length === 0) return []
      const flaw = `a step takes ${examples} examples but BN normalizes ${batchSize} at a time, which is not a batch of ${examples}`
      return [{ severity: 'note', ...advised(flaw, { type: 'exactBatchNorm' }) }]
    },
  },
  {
    name: 'kept-first',
    title: 'a run too short for the running statistics to forget their initial values',
    source: 'ours: (1 − momentum)ᵗ',
    look(plan) {
      const batches = plan.steps * microBatchesPerStep(plan.experiment.accumulate)
      const kept = plan.tracking.filter(({ layer }) => firstLeft(layer, batches) > 0.01)
      if (kept.length === 0 || recalibrates(plan)) return []
      const left = percent(firstLeft(kept[0]!.layer, batches))
      const flaw = `after ${batches} batches, ${left} of the running statistics of BN ${abridged(kept.map(({ name }) => name))} still comes from the initial mean 0 and variance 1`
      return [{ severity: 'warning', ...advised(flaw, { type: 'zeroDebias' }) }]
    },
  },
  {
    name: 'averaged-weights',
    title: 'averaged weights with the running statistics of other weights',
    source: 'Izmailov et al. 2018, https://arxiv.org/abs/1803.05407',
    look({ tracking, experiment }) {
      const { evaluation } = experiment.optimizer.traits()
      if (!evaluation || tracking.length === 0 || evaluation.batchNorm === 'recalibrate') return []
      const copied = evaluation.batchNorm === 'copy'
      const flaw = copied
        ? 'uses the running statistics of the weights in training'
        : 'averages the running statistics'
      const whole = `the ${evaluation.type} average ${flaw}, which are not those of the averaged weights`
      if (!copied) return [{ severity: 'note', advice: whole }]
      return [{ severity: 'warning', ...advised(whole, { type: 'recalibrate' }) }]
    },
  },
  {
    name: 'short-tail',
    title: 'a schedule whose low-rate tail is shorter than the memory of the running statistics',
    source:
      'ours: statistics lag by the weights’ movement in 1/momentum steps; Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
    look(plan) {
      if (!isTailShort(plan)) return []
      const end = percent(plan.rates.at(-1)! / maxOf(plan.rates))
      const advice = `the rate ends at ${end} of its peak, after ${tailOf(plan.rates)} steps below 10 %, but the running statistics remember ${figure(memoryAtEnd(plan))} steps; evenstep doctor RUN shows the effect`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'stale-evaluation',
    title: 'constant, cyclic or warmup-stable-decay rates, evaluated with statistics of earlier weights',
    source:
      'Defazio et al. 2024, https://arxiv.org/abs/2405.15682; Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
    look(plan) {
      if (plan.tracking.length === 0 || recalibrates(plan)) return []
      const share = shareAtHighRate(plan)
      if (share < 0.75 || isTailShort(plan)) return []
      const advice = `${percent(share)} of the evaluations happen at half of the peak rate or more, with statistics that lag behind the weights; recalibrateBeforeEvaluation makes them comparable`
      return [{ severity: 'note', advice }]
    },
  },
  {
    name: 'stale-control',
    title: 'a controller that monitors a loss measured with stale statistics',
    source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576',
    look(plan) {
      const { control, monitor } = plan.experiment
      if (control.length === 0 || monitor === 'trainLoss') return []
      if (plan.tracking.length === 0 || recalibrates(plan)) return []
      const names = abridged(control.map(({ spec }) => spec.type))
      const advice = `${names} monitors ${monitor}, which is measured with statistics that lag while the rate is high, so it reacts to that lag too; recalibrateBeforeEvaluation removes it`
      return [{ severity: 'note', advice }]
    },
  },
]

/** Whether the experiment remeasures BN's running statistics before each evaluation. */
function recalibrates({ experiment }: Subject): boolean {
  const { optimizer, recalibrateBeforeEvaluation } = experiment
  const { evaluation } = optimizer.traits()
  return evaluation ? evaluation.batchNorm === 'recalibrate' : recalibrateBeforeEvaluation
}

const memoryAtEnd = ({ tracking, steps }: Subject): number => longestMemory(tracking, steps - 1)

/**
 * Whether the steps at a low rate at the end of the run are fewer than those over which BN's running statistics
 * average. False if the statistics are recomputed for evaluation.
 */
const isTailShort = (plan: Subject): boolean =>
  plan.tracking.length > 0 && !recalibrates(plan) && tailOf(plan.rates) < memoryAtEnd(plan)

/** Returns the fraction of epochs that end with a learning rate of at least half the run's peak rate. */
function shareAtHighRate({ rates, length }: Subject): number {
  const stepsPerEpoch = length.stepsPerEpoch!
  const ends = Array.from(
    { length: Math.ceil(rates.length / stepsPerEpoch) },
    (_, epoch) => rates[Math.min((epoch + 1) * stepsPerEpoch, rates.length) - 1]!,
  )
  return ends.filter((rate) => rate >= maxOf(rates) / 2).length / ends.length
}
