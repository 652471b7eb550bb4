import { ArgumentError, EvenstepError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { checkMonitor, type Experiment, goalOf } from '../../train/experiment.ts'
import { type Change, override, withSettings } from '../../train/spec.ts'
import { taskOf } from '../../train/train.ts'
import type { StudyFacts } from '../analysis/analyse.ts'
import { asLoss } from '../analysis/cells.ts'
import type { Finished, Objective, Repeat } from '../analysis/findings.ts'
import type { Space } from '../design/design.ts'
import { furtherSeeds } from '../design/further-seeds.ts'
import { checkDesign, plan } from '../design/plan.ts'
import { type FactorRange, factorValues, withIntegers } from '../factor.ts'
import { schedulesAsText } from '../schedules.ts'
import { firstSeeds, looksOf } from '../seeds.ts'
import type { Study } from '../study.ts'
import type { Value } from '../trial.ts'
import { type Configuration, hasSchedule, settingsOf, stepsWith } from '../trial-settings.ts'
import { identityOf } from './identity.ts'

/** A study after its checks, with all that is needed to run it. */
export interface Prepared {
  readonly name: string
  readonly study: Study
  readonly experiment: Experiment
  readonly metric: Objective
  readonly space: Space
  /** Returns the changes that turn the study's experiment into a trial's experiment. */
  settingsOf(trial: Configuration): Change[]
  /** Returns the study's experiment, data and options as plain JSON, to tell studies apart. */
  describe(): Record<string, unknown>
}

/**
 * Checks a study, and prepares it for running: each value of each factor (setting to vary) must make a valid
 * experiment, and each normalization and option of the model a valid model.
 *
 * @throws {EvenstepError} naming the first invalid value.
 */
export function prepare(asked: Study, given: Experiment, name: string): Prepared {
  const { factors, design, watch, seeds, steps, schedules } = asked
  const study = { ...asked, factors: withIntegers(factors, takenBy(given)) }
  const experiment = (steps === undefined ? given : { ...given, steps, epochs: undefined }) as Experiment
  const judge = study.metric ?? experiment.monitor
  checkMonitor('study', 'metric', experiment, judge)
  const metric = { name: judge, goal: goalOf(withSettings(experiment, [['monitor', judge]])) }
  const space = spaceOf(study, experiment, metric)
  const varied = { factors, design, seeds, ...(steps !== undefined && { steps }) }
  let described: Record<string, unknown> | undefined
  const prepared: Prepared = {
    name,
    study,
    experiment,
    metric,
    space,
    settingsOf: (trial) => settingsOf(given, trial, { metric: judge, watch, schedules }),
    describe: () =>
      (described ??= {
        experiment: identityOf(given), // reads all the data
        ...varied,
        ...(Object.keys(schedules).length > 0 && { schedules: schedulesAsText(schedules) }),
        metric: judge,
        watch,
      }),
  }
  if (design.type === 'racing' && factors.schedule === undefined && hasSchedule(experiment)) {
    const wanted = "factors.schedule for a race where the experiment's own rate is a schedule"
    throw mismatch('study', wanted, undefined)
  }
  tryValues(prepared)
  checkDesign(design, space)
  plan(design, space, [])
  return prepared
}

/**
 * Returns a study's experiment with changes from the command line, each given as `path=value`.
 *
 * @throws {ArgumentError} naming the first setting that would have no effect, since the study decides it.
 */
export function overrideForStudy(
  study: Study,
  experiment: Experiment,
  settings: readonly string[],
): Experiment {
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

/** Returns the study's option, such as `factors.lr`, that decides the setting at `path`; undefined if none. */
function decidedBy({ factors, steps, metric }: Study, path: string): string | undefined {
  if ((path === 'steps' || path === 'epochs') && steps !== undefined) return 'steps'
  if (path === 'monitor' && metric !== undefined) return 'metric'
  const factor = Object.keys(factors).find((factor) => {
    const own = factor === 'lr' || factor === 'schedule' ? 'optimizer.lr' : factor
    return path === own || path.startsWith(`${own}.`)
  })
  return factor && `factors.${factor}`
}

/** Returns a function (path, value) that tells whether the setting at this path accepts the value. */
const takenBy =
  (experiment: Experiment) =>
  (path: string, value: number): boolean => {
    try {
      withSettings(experiment, [[path, value]])
      return true
    } catch (error) {
      if (error instanceof EvenstepError) return false
      throw error
    }
  }

const spaceOf = ({ factors, seeds }: Study, experiment: Experiment, { name, goal }: Objective): Space => ({
  factors,
  seeds: Array.from({ length: firstSeeds(seeds) }, (_, i) => experiment.seed + i),
  ...furtherSeeds(seeds, experiment.seed, listedIn(factors), { name, goal }),
  seed: experiment.seed,
  stepsOf: stepsWith(experiment),
  scoreOf({ result }) {
    const score = result.status === 'done' ? result.metrics[name] : undefined
    return score === undefined ? Number.POSITIVE_INFINITY : asLoss(score, goal)
  },
})

/** Returns the paths of factors with several listed values, which recur often enough to be compared. */
const listedIn = (factors: Study['factors']): string[] =>
  Object.entries(factors).flatMap(([path, factor]) =>
    (factorValues(path, factor)?.length ?? 0) > 1 ? [path] : [],
  )

/** Checks each value of each factor: makes an experiment with it and the first values of the other factors. */
function tryValues({ experiment, space, settingsOf }: Prepared): void {
  const values = Object.entries(space.factors).map(([path, factor]) => {
    const { from, to } = factor as FactorRange
    return [path, factorValues(path, factor) ?? [from, to]] as const
  })
  const first = Object.fromEntries(values.map(([path, tried]) => [path, tried[0]!]))
  for (const [path, tried] of values) {
    for (const value of tried) {
      const settings = { ...first, [path]: value }
      const changes = settingsOf({ settings, seed: 0, steps: space.stepsOf(settings) })
      const changed = withSettings(experiment, changes)
      if (path === 'normalization' || path.startsWith('model.')) taskOf(changed)
    }
  }
}

/** Returns the facts about a study that its analysis needs, such as which factors have values drawn from a range. */
export function factsOf(
  { name, metric, space, study, describe }: Prepared,
  finished: readonly Finished[],
  repeat: Pick<Repeat, 'command' | 'versions'>,
): StudyFacts {
  const paths = Object.keys(study.factors)
  const looks = looksOf(study.seeds)
  const seeds = looks ? [...new Set(finished.map(({ seed }) => seed))].sort((a, b) => a - b) : space.seeds
  const listed = (path: string) => factorValues(path, study.factors[path]!)
  const tried = (path: string): Value[] =>
    [...new Set(finished.map(({ settings }) => settings[path] as number))].sort((a, b) => a - b)
  return {
    name,
    metric,
    factors: Object.fromEntries(paths.map((path) => [path, listed(path) ?? tried(path)])),
    drawn: paths.filter((path) => listed(path) === undefined),
    repeat: { ...repeat, study: describe(), seeds },
    ...(looks && { looks }),
  }
}
