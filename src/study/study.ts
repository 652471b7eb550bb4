import { z } from 'zod'
import { FormatError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { type Experiment, experiment } from '../train/experiment.ts'
import { parseExperiment } from '../train/spec.ts'
import type { Design } from './design/design.ts'
import { checkPlan } from './design/plan.ts'
import { checkFactors, type Factors } from './factor.ts'

/** A study as it is written: what has a default may be left out. */
export interface StudyOptions {
  /** What its folder is called; the file's name unless given. */
  readonly name?: string
  /** What is trained, or the path of its file, from the study's own. */
  readonly experiment: Experiment | string
  /**
   * What is changed, by path as for `evenstep train --set`, and what to: values, or a range of numbers. Besides paths,
   * `lr` is the highest rate, and `schedule` a name or a template, stretched to the steps of the run.
   */
  readonly factors: Factors
  /** Which combinations are tried; all of them unless given. */
  readonly design?: Design
  /** How many seeds each combination is trained with: the experiment's, the next one, and so on; 3 unless given. */
  readonly seeds?: number
  /** Optimizer steps of a trial; as many as the experiment has unless given. */
  readonly steps?: number
  /** What trials are judged by; the experiment's `monitor` unless given. */
  readonly metric?: string
  /** Whether to log what each batch normalization does, step by step, and measure its statistics anew at the end. */
  readonly watch?: boolean
}

/** An experiment, and what is changed in it to see what comes of it. */
export interface Study extends StudyOptions {
  readonly design: Design
  readonly seeds: number
  readonly watch: boolean
}

const atLeastOne = z.int().min(1)
const trials = atLeastOne

// Each description completes the sentence `wanted KEY as …`.
const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[^/\\]+$/)
    .optional()
    .describe('a text without slashes'),
  experiment: z
    .custom<Experiment | string>((value) => typeof value === 'string' || (typeof value === 'object' && value))
    .describe('train.experiment({ … }), or the path of its file'),
  factors: z
    .custom<Factors>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    .describe('an object such as { lr: [0.1, 1] }'),
  design: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('grid') }),
      z.strictObject({ type: z.enum(['random', 'halton', 'tpe']), trials }),
      z.strictObject({
        type: z.literal('racing'),
        eta: z.int().min(2).optional(),
        rungs: z.int().min(2).optional(),
        candidates: atLeastOne.optional(),
      }),
    ])
    .default({ type: 'grid' })
    .describe(
      "{ type: 'grid' }, { type: 'random', 'halton' or 'tpe', trials: an integer ≥ 1 }, " +
        "or { type: 'racing' } with eta ≥ 2, rungs ≥ 2 and candidates ≥ 1, all integers",
    ),
  seeds: atLeastOne.default(3).describe('an integer ≥ 1'),
  steps: atLeastOne.optional().describe('an integer ≥ 1'),
  metric: z.string().min(1).optional().describe("the name of a metric, such as 'validationLoss'"),
  watch: z.boolean().default(false).describe('true or false'),
})

/**
 * A study, checked.
 *
 * @throws {ArgumentError} naming the first key that is unknown, missing or of the wrong kind.
 * @example
 * export default study.define({
 *   experiment: 'digits.ts',
 *   factors: { normalization: ['none', 'batch'], schedule: ['constant', 'cosine'], lr: { from: 0.01, to: 10, count: 7 } },
 * })
 */
export function define(options: StudyOptions): Study {
  if (typeof options !== 'object' || options === null) {
    throw mismatch('study', 'an object', options, 'export study.define({ … })')
  }
  const checked = schema.safeParse(options)
  if (!checked.success) {
    const names = Object.keys(schema.shape)
    const stranger = Object.keys(options).find((key) => !names.includes(key))
    if (stranger !== undefined) throw unknownName('study', names, stranger)
    const key = String(checked.error.issues[0]?.path[0]) as keyof typeof schema.shape
    throw mismatch('study', `${key} as ${schema.shape[key].description}`, options[key])
  }
  const study = checked.data as Study
  const factors = checkFactors(study.factors)
  if (Object.hasOwn(factors, 'optimizer.lr') && (Object.hasOwn(factors, 'lr') || factors.schedule)) {
    throw mismatch(
      'study',
      'factors.optimizer.lr alone, or factors.lr and factors.schedule',
      Object.keys(factors),
    )
  }
  checkPlan(study.design, { factors, seeds: Array.from({ length: study.seeds }, (_, i) => i) })
  return typeof study.experiment === 'string' ? study : { ...study, experiment: experiment(study.experiment) }
}

/** Whether a value is a study that was checked. */
export const isStudy = (value: unknown): value is Study =>
  typeof value === 'object' && value !== null && 'factors' in value && 'experiment' in value

/**
 * The study that a JSON file's text describes: the keys of `study.define`, with the experiment as a path or as JSON.
 *
 * @throws {EvenstepError} when it is no JSON, or not a study.
 */
export function parseStudyText(text: string, file: string): Study {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${file}: wanted JSON, got ${(error as Error).message}`)
  }
  if (typeof json !== 'object' || json === null) throw mismatch('study', 'a JSON object', json)
  const { experiment: given, ...rest } = json as Record<string, unknown>
  const inline = typeof given === 'object' && given !== null ? parseExperiment(given) : given
  return define({ ...rest, experiment: inline } as StudyOptions)
}
