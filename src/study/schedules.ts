import { mismatch, unknownName } from '../core/mismatch.ts'
import * as schedule from '../schedule/index.ts'

/** A schedule that ends where a run does, at its highest rate and number of steps. */
type Named = (peak: number, steps: number) => schedule.Schedule

/** The steps that are so many hundredths of a run, at least one. */
const part = (steps: number, percent: number): number => Math.max(1, Math.round((steps * percent) / 100))

/** A rise over the first 5 % of the steps, and `fall` over the rest. */
const warmedUp =
  (fall: Named): Named =>
  (peak, steps) => {
    const rise = part(steps, 5)
    return schedule.warmup(fall(peak, Math.max(1, steps - rise)), { steps: rise })
  }

const linear: Named = (peak, steps) => schedule.polynomial(peak, { totalIters: steps })
const cosine: Named = (peak, steps) => schedule.cosineAnnealing(peak, { tMax: steps })

/** Steps of a cycle and a half-cycle of `cyclic`. */
const cycles = 3

/**
 * Schedules that a study knows by name. Each is stretched to the steps of its run, and its highest value is the peak.
 *
 * - `constant`: the peak
 * - `linear`, `cosine`: from the peak to 0
 * - `step`: a tenth after 50 % of the steps, a hundredth after 75 % (He et al. 2016, https://arxiv.org/abs/1512.03385)
 * - `exponential`: falls by the same factor each step, to 1 % of the peak
 * - `inverseSqrt`: peak / √(1 + t / (5 % of the steps)), which ends at 0.22 of the peak
 * - `warmupLinear`, `warmupCosine`: 5 % of the steps up, then as above
 * - `oneCycle`: 30 % up from peak / 25, then far down (Smith & Topin 2017, https://arxiv.org/abs/1708.07120)
 * - `wsd`: 5 % up, a plateau, and 1 − √ over the last 20 % (Hägele et al. 2024, https://arxiv.org/abs/2405.18392)
 * - `rex`: slowly, then fast to 0 (Chen, Wolfe & Kyrillidis 2021, https://arxiv.org/abs/2107.04197)
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

/** The names of the schedules that a study knows. */
export const scheduleNames: readonly string[] = Object.keys(named)

/**
 * The text of a schedule for a run: a name's, or a template's with its places filled. `{lr}` stands for the peak,
 * `{steps}` for the steps of the run, and `{5%}` for so many hundredths of them.
 *
 * @throws {EvenstepError} when it is neither, names a place that there is not, or needs a rate and there is none.
 * @example scheduleText('warmup {5%} + cosine {lr} to 0 over {95%}', 0.1, 1000) // 'warmup 50 + cosine 0.1 to 0 over 950'
 */
export function scheduleText(source: string, peak: number | undefined, steps: number): string {
  const make = Object.hasOwn(named, source) ? named[source] : undefined
  if (make !== undefined) return schedule.format(make(needed(source, peak), steps))
  if (/^\w+$/.test(source) && Number.isNaN(Number(source))) {
    throw unknownName('study', scheduleNames, source, 'schedule as a template or ')
  }
  const text = source.replace(/\{([^{}"']*)\}/g, (_, place: string) => fill(place, source, peak, steps))
  return schedule.format(schedule.parse(text))
}

function fill(place: string, source: string, peak: number | undefined, steps: number): string {
  if (place === 'lr') return String(needed(source, peak))
  if (place === 'steps') return String(steps)
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(place)?.[1]
  if (percent !== undefined) return String(part(steps, Number(percent)))
  throw mismatch('study', '{lr}, {steps} or {5%} in a schedule', `{${place}}`)
}

function needed(source: string, peak: number | undefined): number {
  if (peak !== undefined) return peak
  throw mismatch('study', `factors.lr for schedule ${source}`, undefined, 'name the rates')
}
