import type { Check, Effect, Scale } from '../claim.ts'
import { checkMean, interval, ratioOf, shown } from './interval.ts'

/** The effect of a ratio a/b of two arms with the same seeds. */
export function effect(
  what: string,
  a: readonly number[],
  b: readonly number[],
  wanted?: Effect['wanted'],
): Effect {
  const logRatios = a.map((value, i) => {
    const ratio = Math.log(value / b[i]!)
    return Number.isFinite(ratio) ? ratio : null
  })
  const only = (one: readonly number[], other: readonly number[]): number =>
    one.filter((value, i) => !Number.isFinite(value) && Number.isFinite(other[i]!)).length
  const lost = [only(a, b), only(b, a)] as const
  return {
    what,
    logRatios,
    ...(lost[0] + lost[1] > 0 && { lost }),
    ...(wanted !== undefined && { wanted }),
  }
}

/** The seeds whose two runs both ended. */
export const finite = ({ logRatios }: Effect): readonly number[] =>
  logRatios.filter((value) => value !== null)

/** What an effect claims of the mean logarithm. */
export const claimedOf = ({ wanted }: Effect): { readonly above?: number; readonly below?: number } =>
  ({
    'below 1': { below: 0 },
    'above 1': { above: 0 },
    'within 2': { above: -Math.LN2, below: Math.LN2 },
  })[wanted ?? 'above 1']

/** A check for each effect of which the claim says something. In the quick form, there are too few seeds for it. */
export const checksOf = (scale: Scale, effects: readonly Effect[]): readonly Check[] =>
  scale === 'quick'
    ? []
    : effects
        .filter((one) => one.wanted !== undefined && finite(one).length > 1)
        .map((one) => {
          const ratio = shown(ratioOf(interval(finite(one))))
          return checkMean(scale, `${one.what}: ${ratio} is ${one.wanted}`, finite(one), claimedOf(one))
        })
