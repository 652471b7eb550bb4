import { mismatch, unknownName } from '../core/mismatch.ts'
import { number } from '../core/options.ts'
import * as schedule from '../schedule/index.ts'
import { asSchedule, type ScheduleLike } from '../schedule/schedulable.ts'
import type { Value } from './trial.ts'

/** Makes a learning-rate schedule for a run of `steps` steps, with `peak` as the highest rate. */
type Named = (peak: number, steps: number) => schedule.Schedule

/** Returns a percentage of a run's steps, rounded, but at least 1 step. */
const percentOf = (steps: number, percent: number): number => Math.max(1, Math.round((steps * percent) / 100))

/** Makes a schedule that warms up linearly over the first 5 % of the run, then follows another schedule. */
const warmedUp =
  (fall: Named): Named =>
  (peak, steps) => {
    const rise = percentOf(steps, 5)
    return schedule.warmup(fall(peak, Math.max(1, steps - rise)), { steps: rise })
  }

const linear: Named = (peak, steps) => schedule.polynomial(peak, { totalIters: steps })
const rex: Named = (peak, steps) => schedule.rex(peak, { totalSteps: steps })
const cosine: Named = (peak, steps) => schedule.cosineAnnealing(peak, { tMax: steps })

/**
 * Makers of schedules by name. Each schedule spans a whole run, and its highest rate is the peak:
 *
 * - `constant`: always the peak
 * - `linear`, `cosine`: from the peak to 0
 * - `step`: the peak; a tenth of it from 50 % of the steps on, a hundredth from 75 % (He et al. 2016,
 *   https://arxiv.org/abs/1512.03385)
 * - `exponential`: falls by a constant factor each step, to 1 % of the peak
 * - `inverseSqrt`: peak / √(1 + t/τ) at step t, where τ is 5 % of the steps; ends at 0.22 of the peak
 * - `warmupLinear`, `warmupCosine`, `warmupRex`: linear warm-up over 5 % of the steps, then `linear`, `cosine` or `rex`
 * - `oneCycle`: up from peak / 25 over 30 % of the steps, then down to peak / 250 000 (Smith & Topin 2017,
 *   https://arxiv.org/abs/1708.07120)
 * - `wsd`: warm-up over 5 %, a plateau, and over the last 20 % peak · (1 − √x), x from 0 to 1 (Hägele et al.
 *   2024, https://arxiv.org/abs/2405.18392)
 * - `rex`: falls slowly, then fast, to 0 (Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197)
 * - `restarts`: three cosines from the peak to 0, each twice as long as the one before (Loshchilov & Hutter
 *   2016, https://arxiv.org/abs/1608.03983)
 * - `cyclic`: three triangular cycles between a tenth of the peak and the peak (Smith 2015,
 *   https://arxiv.org/abs/1506.01186)
 */
const named: Readonly<Record<string, Named>> = {
  constant: (peak) => schedule.constant(peak),
  linear,
  cosine,
  step: (peak, steps) =>
    schedule.multiStep(peak, { milestones: [percentOf(steps, 50), Math.max(2, percentOf(steps, 75))] }),
  exponential: (peak, steps) => schedule.exponential(peak, { gamma: 0.01, decaySteps: steps }),
  inverseSqrt: (peak, steps) => schedule.inverseSqrt(peak, { timescale: percentOf(steps, 5) }),
  warmupLinear: warmedUp(linear),
  warmupCosine: warmedUp(cosine),
  warmupRex: warmedUp(rex),
  oneCycle: (peak, steps) => schedule.oneCycle(peak, { totalSteps: Math.max(4, steps) }),
  wsd: (peak, steps) => {
    const [warmupSteps, decaySteps] = [percentOf(steps, 5), percentOf(steps, 20)]
    const stableSteps = Math.max(0, steps - warmupSteps - decaySteps)
    return schedule.warmupStableDecay(peak, { warmupSteps, stableSteps, decaySteps, decayShape: '1-sqrt' })
  },
  rex,
  restarts: (peak, steps) => schedule.cosineAnnealingWarmRestarts(peak, { t0: steps / 7, tMult: 2 }),
  cyclic: (peak, steps) => schedule.cyclic(peak / 10, { maxLr: peak, stepSizeUp: steps / 6 }),
}

/** Schedule names, such as `cosine`, that the factor `schedule` accepts besides templates (see `scheduleText`). */
export const scheduleNames: readonly string[] = Object.keys(named)

/**
 * Returns the text of the schedule that a name or template describes, for a run of `steps` steps. In a template
 * `{lr}` stands for the peak rate, `{steps}` for the number of steps, and `{5%}` for 5 % of the steps, rounded.
 * Lengths may also be percentages without braces, which are not rounded, as in any schedule's text.
 *
 * @throws {EvenstepError} when `source` is neither a name nor a template, has an unknown placeholder, or needs a
 *   peak rate that is absent.
 * @example scheduleText('warmup {5%} + cosine {lr} to 0 over {95%}', 0.1, 1000) // 'warmup 50 + cosine 0.1 to 0 over 950'
 */
export function scheduleText(source: string, peak: number | undefined, steps: number): string {
  if (typeof source !== 'string')
    throw mismatch('study', 'the name or template of a schedule as a text', source)
  number({ above: 0 }).read('study', 'steps', steps)
  const make = Object.hasOwn(named, source) ? named[source] : undefined
  if (make !== undefined) return schedule.format(make(needed(source, peak), steps))
  if (/^\w+$/.test(source) && Number.isNaN(Number(source))) {
    throw unknownName('study', scheduleNames, source, 'schedule as a template or ')
  }
  const text = source.replace(/\{([^{}"']*)\}/g, (_, placeholder: string) =>
    fill(placeholder, source, peak, steps),
  )
  return schedule.format(schedule.over(text, steps))
}

function fill(placeholder: string, source: string, peak: number | undefined, steps: number): string {
  if (placeholder === 'lr') return String(needed(source, peak))
  if (placeholder === 'steps') return String(steps)
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(placeholder)?.[1]
  if (percent !== undefined) return String(percentOf(steps, Number(percent)))
  throw mismatch('study', '{lr}, {steps} or {5%} in a schedule', `{${placeholder}}`)
}

function needed(source: string, peak: number | undefined): number {
  if (peak !== undefined) return peak
  throw mismatch('study', `factors.lr for schedule ${source}`, undefined, 'name the rates')
}

/** Peak rate and number of steps of a run. The rate is absent if a study does not vary `lr`. */
interface RunOfSchedule {
  readonly lr: number | undefined
  readonly steps: number
}

/**
 * Schedules of a study's own by name. Each is a template, as in the factor `schedule`, or a function that returns a
 * schedule or a function of the step, for a run with this peak rate and number of steps.
 */
export type OwnSchedules = Readonly<
  Record<string, string | ((run: { readonly lr: number; readonly steps: number }) => ScheduleLike)>
>

/** Whether a value is an object of custom schedules: its keys are new names, its values templates or functions. */
export const isOwnSchedules = (value: unknown): value is OwnSchedules =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, one]) =>
      /^[a-z]\w*$/i.test(name) &&
      !Object.hasOwn(named, name) &&
      (typeof one === 'string' || typeof one === 'function'),
  )

/**
 * Returns the template of a study's own schedule or, for one that is a function, its text or its values at each step:
 * trials run in processes of their own, to which no function can be sent. Undefined if the study has no schedule of
 * that name.
 *
 * @throws {ArgumentError} when a value of the schedule is not a finite number.
 */
export function ownSchedule(
  schedules: OwnSchedules,
  name: string,
  { lr, steps }: RunOfSchedule,
): string | { readonly [key: string]: Value } | undefined {
  const own = Object.hasOwn(schedules, name) ? schedules[name] : undefined
  if (typeof own !== 'function') return own
  const made = asSchedule(own({ lr: needed(name, lr), steps }))
  if (schedule.isSchedule(made)) return schedule.format(schedule.over(made, steps))
  if (typeof made !== 'function') throw mismatch('study', `schedules.${name} to return a schedule`, made)
  const values = Array.from({ length: steps }, (_, step) => made(step))
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong < 0) return { type: 'table', values }
  throw mismatch('study', `schedules.${name} as a finite number at step ${wrong}`, values[wrong])
}

/** Returns a study's own schedules as JSON: templates, and the sources of functions. */
export const schedulesAsText = (schedules: OwnSchedules): Record<string, string> =>
  Object.fromEntries(Object.entries(schedules).map(([name, own]) => [name, String(own)]))
