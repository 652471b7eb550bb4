import { choice } from '../../core/options.ts'
import { probabilitiesGiven } from './given.ts'

const kinds = choice(['positive', 'any'])

/**
 * Returns p-values adjusted for false discoveries over many problems, in the order of `p`. If tests whose adjusted
 * value is below q count as discoveries, at most a share q of the discoveries is expected to be false.
 *
 *     adjusted(i) = min over j ≥ i of min(1, c · m · p(j) / (j + 1))        p in rising order, i and j from 0
 *
 * with c = 1 for independent or positively dependent tests, such as arms compared with one control, and
 * c = 1 + ½ + … + 1/m for tests that depend on each other in any way.
 *
 * Source: Benjamini & Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001,
 * https://doi.org/10.1214/aos/1013699998.
 *
 * @param dependence `'positive'` for Benjamini and Hochberg's method, `'any'` for Benjamini and Yekutieli's
 * @throws {ArgumentError} when a p-value is not a number from 0 to 1.
 */
export function falseDiscovery(p: readonly number[], dependence: 'positive' | 'any' = 'positive'): number[] {
  probabilitiesGiven.read('falseDiscovery', 'p', p)
  kinds.read('falseDiscovery', 'dependence', dependence)
  const m = p.length
  const factor = dependence === 'any' ? p.reduce((sum, _, i) => sum + 1 / (i + 1), 0) : 1
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!)
  const adjusted = new Array<number>(m)
  let least = 1
  for (const [fromEnd, i] of order.entries()) {
    least = Math.min(least, (factor * m * p[i]!) / (m - fromEnd))
    adjusted[i] = least
  }
  return adjusted
}
