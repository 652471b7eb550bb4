import { mismatch } from '../core/mismatch.ts'
import { boolean, custom, integer, type OptionsOf, readOptions, required, text } from '../core/options.ts'
import { type Experiment, experiment } from '../train/experiment.ts'
import { parseExperiment, parseJson } from '../train/spec.ts'
import { type Design, designOption } from './design/design.ts'
import { checkDesign } from './design/plan.ts'
import { checkFactors, type Factors } from './factor.ts'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFolderName = (value: unknown): boolean => typeof value === 'string' && /^[^/\\]+$/.test(value)

const options = {
  /** Name of the study's folder. @default the file's name */
  name: custom<string>('a text without slashes', isFolderName),
  /** Experiment to vary, or the path of its file, relative to the study's. */
  experiment: required(
    custom<Experiment | string>(
      'train.experiment({ … }), or the path of its file',
      (value) => typeof value === 'string' || isObject(value),
    ),
  ),
  /**
   * Values to try by the path of their setting, as in `evenstep train --set`: a list, or a range of numbers.
   * Two paths are special: `lr` is the peak rate, and `schedule` a name or template, scaled to the run's steps.
   */
  factors: required(custom<Factors>('an object such as { lr: [0.1, 1] }', isObject)),
  /** How to choose the combinations to try. @default `{ type: 'grid' }`, all combinations */
  design: designOption,
  /** Number of seeds for each combination, counted up from the experiment's seed. @default 3 */
  seeds: integer({ min: 1 }, 3),
  /** Optimizer steps of a trial. @default the steps of the experiment */
  steps: integer({ min: 1 }),
  /** Metric that trials are judged by. @default the experiment's `monitor` */
  metric: text(),
  /** Whether to log batch normalizations at each step and measure their drift at the end. @default false */
  watch: boolean(false),
}

/** The definition of a study. */
export interface StudyOptions extends OptionsOf<typeof options> {}

/** A checked definition of a study, with its defaults. */
export interface Study extends StudyOptions {
  readonly design: Design
  readonly seeds: number
  readonly watch: boolean
}

/**
 * Defines a study.
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
  checkDesign(study.design, { factors, seeds: Array.from({ length: study.seeds }, (_, i) => i) })
  return typeof study.experiment === 'string' ? study : { ...study, experiment: experiment(study.experiment) }
}

/** Whether a value is a study. */
export const isStudy = (value: unknown): value is Study =>
  isObject(value) && 'factors' in value && 'experiment' in value

/**
 * Parses a study from JSON, with the keys of `study.define` and the experiment as a path or as JSON.
 *
 * @throws {EvenstepError} when the text is not JSON, or not a study.
 */
export function parseStudyText(text: string, file: string): Study {
  const json = parseJson(text, file)
  if (!isObject(json)) throw mismatch('study', 'a JSON object', json)
  const { experiment: given } = json
  return define({ ...json, experiment: isObject(given) ? parseExperiment(given) : given } as StudyOptions)
}
