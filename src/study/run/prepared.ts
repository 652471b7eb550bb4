import { ArgumentError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import { override } from '../../train/spec.ts'
import { taskOf } from '../../train/train.ts'
import type { StudyFacts } from '../analysis/analyse.ts'
import type { JudgedMetric } from '../analysis/comparisons.ts'
import type { Finished, Repeat } from '../analysis/findings.ts'
import type { Space } from '../design/design.ts'
import { plan } from '../design/plan.ts'
import { type Factors, factorValues } from '../factor.ts'
import { hasSchedule, settingsOf, stepsWith } from '../settings.ts'
import type { Study } from '../study.ts'
import type { Trial, Value } from '../trial.ts'
import { identityOf } from './identity.ts'

/** A study with its experiment at hand. */
export interface Prepared {
  readonly name: string
  readonly study: Study
  readonly experiment: Experiment
  readonly metric: JudgedMetric
  readonly space: Space
  /** A trial as `path=value`. */
  settingsOf(trial: Pick<Trial, 'settings' | 'seed' | 'steps'>): string[]
  /** All that makes it this study and no other, as plain JSON. */
  describe(): Record<string, unknown>
}

/**
 * A study, checked against its experiment: each value of each factor makes an experiment, and a kind of normalisation a
 * model.
 *
 * @throws {EvenstepError} naming what does not fit.
 */
export function prepare(study: Study, given: Experiment, name: string): Prepared {
  const { factors, design, watch } = study
  const base = study.steps === undefined ? given : { ...given, steps: study.steps, epochs: undefined }
  const experiment = base as Experiment
  const metric = metricOf(study, experiment)
  const space: Space = {
    factors,
    seeds: Array.from({ length: study.seeds }, (_, i) => experiment.seed + i),
    seed: experiment.seed,
    stepsOf: stepsWith(experiment),
    scoreOf: scoring(metric),
  }
  const common = { metric: metric.name, watch }
  const prepared: Prepared = {
    name,
    study,
    experiment,
    metric,
    space,
    settingsOf: (trial) => settingsOf(given, trial, common),
    describe: () => ({
      experiment: identityOf(given),
      factors,
      design,
      seeds: study.seeds,
      ...(study.steps !== undefined && { steps: study.steps }),
      metric: metric.name,
      watch,
    }),
  }
  if (design.type === 'racing' && factors.schedule === undefined && hasSchedule(experiment)) {
    throw mismatch(
      'study',
      "factors.schedule for a race where the experiment's own rate is a schedule",
      undefined,
    )
  }
  tryValues(prepared, factors)
  plan(design, space, [])
  return prepared
}

/**
 * The experiment of a study with settings of one's own, each as `path=value`.
 *
 * @throws {ArgumentError} naming the first setting that would change nothing, since the study decides it.
 */
export function withSettings(study: Study, experiment: Experiment, settings: readonly string[]): Experiment {
  for (const setting of settings) {
    const decided = decidedBy(study, setting.split('=', 1)[0]!)
    if (decided === undefined) continue
    throw new ArgumentError(
      `study: wanted a setting that the study leaves open, got ${setting}; change the study's ${decided}`,
    )
  }
  const changed = override(experiment, settings)
  if (study.watch && changed.log.batchNorm === false && experiment.log.batchNorm !== false) {
    throw mismatch('study', 'log with batchNorm', changed.log, "change the study's watch")
  }
  return changed
}

/** The key of the study that decides what is at a path. */
function decidedBy({ factors, steps, metric }: Study, path: string): string | undefined {
  if ((path === 'steps' || path === 'epochs') && steps !== undefined) return 'steps'
  if (path === 'monitor' && metric !== undefined) return 'metric'
  const factor = Object.keys(factors).find((factor) => {
    const own = factor === 'lr' || factor === 'schedule' ? 'optimizer.lr' : factor
    return path === own || path.startsWith(`${own}.`)
  })
  return factor && `factors.${factor}`
}

function metricOf({ metric }: Study, experiment: Experiment): JudgedMetric {
  const name = metric ?? experiment.monitor
  return { name, goal: goalOf(override(experiment, [`monitor=${name}`])) }
}

const scoring =
  ({ name, goal }: JudgedMetric) =>
  ({ result }: Finished): number => {
    const value = result.status === 'done' ? result.metrics[name] : undefined
    return value === undefined ? Number.POSITIVE_INFINITY : goal === 'max' ? -value : value
  }

/** Each value of a factor once, the other factors at their first. */
function tryValues({ experiment, space, settingsOf }: Prepared, factors: Factors): void {
  const ends = Object.entries(factors).map(([path, factor]) => {
    const { from, to } = factor as { readonly from: number; readonly to: number }
    return [path, factorValues(path, factor) ?? [from, to]] as const
  })
  const first = Object.fromEntries(ends.map(([path, values]) => [path, values[0]!]))
  for (const [path, values] of ends) {
    for (const value of values) {
      const settings = { ...first, [path]: value }
      const tried = override(experiment, settingsOf({ settings, seed: 0, steps: space.stepsOf(settings) }))
      if (path === 'normalization') taskOf(tried)
    }
  }
}

/** What an analysis of the trials is told: of a range without a count, the values that were tried. */
export function subjectOf(
  { name, metric, space, study, describe }: Prepared,
  finished: readonly Finished[],
  repeat: Pick<Repeat, 'command' | 'versions'>,
): StudyFacts {
  const tried = (path: string): Value[] =>
    [...new Set(finished.map(({ settings }) => settings[path] as number))].sort((a, b) => a - b)
  const values = Object.entries(study.factors).map(([path, factor]) => [
    path,
    factorValues(path, factor) ?? tried(path),
  ])
  return {
    name,
    metric,
    factors: Object.fromEntries(values),
    drawn: Object.keys(study.factors).filter(
      (path) => factorValues(path, study.factors[path]!) === undefined,
    ),
    repeat: { ...repeat, study: describe(), seeds: space.seeds },
  }
}
