import { mismatch, unknownName } from '../core/mismatch.ts'
import * as schedule from '../schedule/index.ts'

/** Makes a schedule that spans a run, from its peak rate and number of steps. */
type Named = (peak: number, steps: number) => schedule.Schedule

/** A percentage of a run's steps, at least one. */
const part = (steps: number, percent: number): number => Math.max(1, Math.round((steps * percent) / 100))

/** Rises over the first 5 % of the steps, followed by `fall` over the rest. */
const warmedUp =
  (fall: Named): Named =>
  (peak, steps) => {
    const rise = part(steps, 5)
    return schedule.warmup(fall(peak, Math.max(1, steps - rise)), { steps: rise })
  }

const linear: Named = (peak, steps) => schedule.polynomial(peak, { totalIters: steps })
const cosine: Named = (peak, steps) => schedule.cosineAnnealing(peak, { tMax: steps })

/** Number of cycles of `cyclic`. */
const cycles = 3

/**
 * Schedules by name. Each is stretched to the steps of its run, and its highest value is the peak.
 *
 * - `constant`: the peak
 * - `linear`, `cosine`: from the peak to 0
 * - `step`: a tenth of the peak after 50 % of the steps, a hundredth after 75 % (He et al. 2016,
 *   https://arxiv.org/abs/1512.03385)
 * - `exponential`: falls by a constant factor each step, to 1 % of the peak
 * - `inverseSqrt`: peak / √(1 + t / (5 % of the steps)), ending at 0.22 of the peak
 * - `warmupLinear`, `warmupCosine`: 5 % of the steps up, then as above
 * - `oneCycle`: 30 % up from peak / 25, then far down (Smith & Topin 2017, https://arxiv.org/abs/1708.07120)
 * - `wsd`: 5 % up, a plateau, and 1 − √ over the last 20 % (Hägele et al. 2024,
 *   https://arxiv.org/abs/2405.18392)
 * - `rex`: falls slowly, then fast to 0 (Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197)
 * - `restarts`: three cosines, each twice as long as the one before (Loshchilov & Hutter 2016,
 *   https://arxiv.org/abs/1608.03983)
 * - `cyclic`: three triangles from a tenth of the peak (Smith 2015, https://arxiv.org/abs/1506.01186)
 */
const named: Readonly<Record<string, Named>> = {
  constant: (peak) => schedule.constant(peak),
  linear,
  cosine,
  step: (peak, steps) =>
    schedule.multiStep(peak, { milestones: [part(steps, 50), Math.max(2, part(steps, 75))] }),
  exponential: (peak, steps) => schedule.exponential(peak, { gamma: 0.01, decaySteps: steps }),
  inverseSqrt: (peak, steps) => schedule.inverseSqrt(peak, { timescale: part(steps, 5) }),
  warmupLinear: warmedUp(linear),
  warmupCosine: warmedUp(cosine),
  oneCycle: (peak, steps) => schedule.oneCycle(peak, { totalSteps: Math.max(4, steps) }),
  wsd: (peak, steps) => {
    const [warmupSteps, decaySteps] = [part(steps, 5), part(steps, 20)]
    const stableSteps = Math.max(0, steps - warmupSteps - decaySteps)
    return schedule.warmupStableDecay(peak, { warmupSteps, stableSteps, decaySteps, decayShape: '1-sqrt' })
  },
  rex: (peak, steps) => schedule.rex(peak, { totalSteps: steps }),
  restarts: (peak, steps) => schedule.cosineAnnealingWarmRestarts(peak, { t0: steps / 7, tMult: 2 }),
  cyclic: (peak, steps) => schedule.cyclic(peak / 10, { maxLr: peak, stepSizeUp: steps / (2 * cycles) }),
}

/** The names of a study's schedules. */
export const scheduleNames: readonly string[] = Object.keys(named)

/**
 * The text of a schedule for a run, from a name or a template. In a template `{lr}` stands for the peak,
 * `{steps}` for the steps of the run, and `{5%}` for 5 % of them.
 *
 * @throws {EvenstepError} when it is neither, has an unknown placeholder, or needs a rate and none is given.
 * @example scheduleText('warmup {5%} + cosine {lr} to 0 over {95%}', 0.1, 1000) // 'warmup 50 + cosine 0.1 to 0 over 950'
 */
export function scheduleText(source: string, peak: number | undefined, steps: number): string {
  const make = Object.hasOwn(named, source) ? named[source] : undefined
  if (make !== undefined) return schedule.format(make(needed(source, peak), steps))
  if (/^\w+$/.test(source) && Number.isNaN(Number(source))) {
    throw unknownName('study', scheduleNames, source, 'schedule as a template or ')
  }
  const text = source.replace(/\{([^{}"']*)\}/g, (_, placeholder: string) =>
    fill(placeholder, source, peak, steps),
  )
  return schedule.format(schedule.parse(text))
}

function fill(placeholder: string, source: string, peak: number | undefined, steps: number): string {
  if (placeholder === 'lr') return String(needed(source, peak))
  if (placeholder === 'steps') return String(steps)
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(placeholder)?.[1]
  if (percent !== undefined) return String(part(steps, Number(percent)))
  throw mismatch('study', '{lr}, {steps} or {5%} in a schedule', `{${placeholder}}`)
}

function needed(source: string, peak: number | undefined): number {
  if (peak !== undefined) return peak
  throw mismatch('study', `factors.lr for schedule ${source}`, undefined, 'name the rates')
}
