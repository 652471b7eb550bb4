import { fileNameOption } from '../core/file-name.ts'
import { checkDepth } from '../core/json.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean, custom, integer, type OptionsOf, readOptions, required, text } from '../core/options.ts'
import { type Experiment, experiment } from '../train/experiment.ts'
import { parseExperiment } from '../train/spec.ts'
import { type Design, designOption } from './design/design.ts'
import { checkDesign } from './design/plan.ts'
import { checkFactors, type Factors } from './factor.ts'
import { isOwnSchedules, type OwnSchedules } from './schedules.ts'
import { firstSeeds, type Seeds, seedsOption } from './seeds.ts'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const options = {
  /** Name of the study and of its folder. @default the file's name */
  name: fileNameOption,
  /** Experiment to vary, or the path of its file, relative to the study's file. */
  experiment: required(
    custom<Experiment | string>(
      'train.experiment({ … }), or the path of its file',
      (value) => typeof value === 'string' || isObject(value),
    ),
  ),
  /**
   * Settings to vary: maps the path of each setting, as in `evenstep train --set`, to a list of values or a range.
   * Two keys are not paths: `lr` is the peak learning rate, `schedule` a schedule's name or template.
   */
  factors: required(custom<Factors>('an object such as { lr: [0.1, 1] }', isObject)),
  /**
   * Schedules of your own for the factor `schedule`, by the names that reports call them: templates, or functions of
   * the peak rate and the number of steps. @default {}
   */
  schedules: custom<OwnSchedules>(
    "templates or functions by name, such as { halving: '{lr} for 50% then …' }",
    isOwnSchedules,
    {},
  ),
  /** How to choose the combinations of values to try. @default `{ type: 'grid' }`, all combinations */
  design: designOption,
  /**
   * Number of seeds with which to train each combination: the experiment's seed s, s + 1, … Or `{ looks: [3, 6, 12] }`:
   * 3 seeds for each combination, and up to 6 and then 12 where it is still open which of two is better. @default 3
   */
  seeds: seedsOption,
  /** Number of optimizer steps in each training run. @default the steps of the experiment */
  steps: integer({ min: 1 }),
  /** Name of the metric by which training runs are compared. @default the experiment's `monitor` */
  metric: text(),
  /** Whether to log how BN layers train at each step, and at the end the error of their statistics. @default false */
  watch: boolean(false),
}

/** The options of `study.define`: the description of a study. */
export interface StudyOptions extends OptionsOf<typeof options> {}

/** A study's options once they have been checked and their defaults filled in. */
export interface Study extends StudyOptions {
  readonly design: Design
  readonly seeds: Seeds
  readonly watch: boolean
  readonly schedules: OwnSchedules
}

/**
 * Checks a study's options, and fills in defaults. A study trains one experiment with many settings.
 *
 * @throws {ArgumentError} naming the first key that is unknown, missing or invalid.
 * @example
 * export default study.define({
 *   experiment: 'digits.ts',
 *   factors: { normalization: ['none', 'batch'], schedule: ['constant', 'cosine'], lr: { from: 0.01, to: 10, count: 7 } },
 * })
 */
export function define(given: StudyOptions): Study {
  if (!isObject(given)) throw mismatch('study', 'an object', given, 'export study.define({ … })')
  const study = readOptions('study', options, given) as Study
  const factors = checkFactors(study.factors)
  if (Object.hasOwn(factors, 'optimizer.lr') && (Object.hasOwn(factors, 'lr') || factors.schedule)) {
    const wanted = 'factors.optimizer.lr alone, or factors.lr and factors.schedule'
    throw mismatch('study', wanted, Object.keys(factors))
  }
  checkDesign(study.design, { factors, seeds: Array.from({ length: firstSeeds(study.seeds) }, (_, i) => i) })
  return typeof study.experiment === 'string' ? study : { ...study, experiment: experiment(study.experiment) }
}

/**
 * Parses a study from its parsed JSON, with the options of `study.define`; the experiment is a file's path or JSON.
 *
 * @param folder folder to which paths in the experiment are relative
 * @throws {EvenstepError} when it is not a study, or its experiment is wrong.
 */
export async function parseStudy(json: unknown, folder: string): Promise<Study> {
  if (!isObject(json)) throw mismatch('study', 'a JSON object', json)
  checkDepth('study', json)
  const { experiment: given } = json
  const experiment = isObject(given) ? await parseExperiment(given, { folder }) : given
  return define({ ...json, experiment } as StudyOptions)
}
