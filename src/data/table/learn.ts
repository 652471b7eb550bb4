import type { CellValue, ColumnEncoding } from './encoding.ts'
import type { ColumnPlan } from './kinds.ts'
import { Reservoir } from './reservoir.ts'

/** Learns the encoding of a column from its values in the training rows, which it sees once. */
export interface Learner {
  /** Adds a value; absent if the encoding depends on none. */
  add?(value: CellValue): void
  /** Returns the encoding. */
  end(): ColumnEncoding
}

/**
 * Returns the learner of a column. It keeps in memory the sums of a number, the counts of a category's values and, for
 * a median, the numbers themselves, or a sample.
 *
 * @param most maximum number of numbers to keep for a median; beyond it, the median is that of a random sample
 */
export function learnerOf(plan: ColumnPlan, most: number = Infinity): Learner {
  const { name, kind, because, drop, by = 'words', buckets = 1 } = plan
  if (kind === 'category') return new CategoryLearner(plan)
  if (kind === 'text') return fixed({ name, kind, by, buckets, ...(drop && { drop }) })
  if (kind === 'ignore') return fixed({ name, kind, ...(because !== undefined && { because }) })
  return new NumberLearner(plan, most)
}

const fixed = (encoding: ColumnEncoding): Learner => ({ end: () => encoding })

class NumberLearner implements Learner {
  readonly #plan: ColumnPlan
  readonly #sample: Reservoir | undefined
  #count = 0
  #missing = 0
  #mean = 0
  /** Sum of squared deviations from the mean. */
  #squares = 0
  #hasClock = false

  constructor(plan: ColumnPlan, most: number) {
    this.#plan = plan
    const { name, drop, fill } = plan
    if (!drop && fill === 'median') this.#sample = new Reservoir(name, most)
  }

  /** Welford 1962. */
  add(value: CellValue): void {
    if (value === null) {
      this.#missing++
      return
    }
    const number = value as number
    this.#count++
    const off = number - this.#mean
    this.#mean += off / this.#count
    this.#squares += off * (number - this.#mean)
    this.#hasClock ||= !Number.isInteger(number)
    this.#sample?.add(number)
  }

  end(): ColumnEncoding {
    const { name, kind, drop, fill: by, order = [], format = 'ymd' } = this.#plan
    const fill = by === 'median' ? (this.#sample?.median() ?? 0) : this.#mean
    const learnt = {
      name,
      ...(kind === 'boolean' ? { mean: 0, deviation: 1 } : this.#moments(fill)),
      ...(!drop && { fill }),
      ...(this.#missing > 0 && { indicator: true as const }),
    }
    if (kind === 'ordinal') return { kind, order, ...learnt }
    if (kind === 'date') return { kind, format, ...(this.#hasClock && { clock: true }), ...learnt }
    return { kind: kind as 'number', ...learnt }
  }

  /** Returns mean and standard deviation of the numbers after `fill` replaced missing ones. */
  #moments(fill: number): { readonly mean: number; readonly deviation: number } {
    const total = this.#count + this.#missing
    if (total === 0) return { mean: 0, deviation: 1 }
    const off = fill - this.#mean
    const mean = this.#mean + (off * this.#missing) / total
    const squares = this.#squares + (off * off * this.#count * this.#missing) / total
    const deviation = Math.sqrt(squares / total)
    // A constant column of large numbers has a deviation of rounding errors.
    return { mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : 1 }
  }
}

/** Maximum number of distinct values of a category that are counted; the rarest are forgotten beyond twice as many. */
const mostCounted = 100_000

/** Share of rare values from which on a column is noted as hardly one of categories, if there are more than a few. */
const mostlyRare = 0.9
const fewRare = 10

class CategoryLearner implements Learner {
  readonly #plan: ColumnPlan
  readonly #counts = new Map<string | null, number>()

  constructor(plan: ColumnPlan) {
    this.#plan = plan
  }

  add(value: CellValue): void {
    const text = value as string | null
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1)
    if (this.#counts.size <= 2 * mostCounted) return
    for (const [text] of this.#sorted().slice(mostCounted)) this.#counts.delete(text)
  }

  end(): ColumnEncoding {
    const { name, drop, minFrequency = 1, maxCategories = Infinity } = this.#plan
    const values = this.#sorted()
      .filter(([, n]) => n >= minFrequency)
      .slice(0, maxCategories)
      .map(([text]) => text)
    const distinct = this.#counts.size - (this.#counts.has(null) ? 1 : 0)
    const rare = distinct - values.filter((text) => text !== null).length
    const areMost = rare > fewRare && rare >= mostlyRare * distinct
    return { name, kind: 'category', values, ...(areMost && { rare }), ...(drop && { drop }) }
  }

  /** The values and their counts, the most frequent first; those of equal counts in the order of their texts. */
  #sorted(): (readonly [string | null, number])[] {
    const byText = (a: string | null, b: string | null): number => ((a ?? '') < (b ?? '') ? -1 : 1)
    return [...this.#counts].sort(([a, m], [b, n]) => n - m || byText(a, b))
  }
}
