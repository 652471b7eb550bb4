import { type Diagnostic, type Finding, type Inapplicable, leastEntry, percent, short } from '../diagnosis.ts'
import type { InMemory } from '../in-memory.ts'
import type { Norm } from '../structure.ts'

/** How few values make a statistic too noisy. */
export const leastValues = 16

/** How many examples an epoch's last batch has, where it is not full and is kept; 0 where there is none. */
export const lastBatchOf = ({ lastBatch, data, batchSize }: InMemory): number =>
  lastBatch === 'keep' ? data.train.length % batchSize : 0

/** What a layer's statistics are made of, and what follows. */
export function statisticSizes(norms: readonly Norm[], experiment: InMemory): Finding | Inapplicable {
  if (norms.length === 0) return { reason: 'no batch normalization uses the statistics of a batch' }
  const sizes = norms.map(({ name, values }) => [name, values] as const)
  const [name, value] = leastEntry(sizes)
  const examples = Math.min(experiment.batchSize, experiment.data.train.length)
  const part = lastBatchOf(experiment)
  const last = part > 0 ? Math.floor((value / examples) * part) : value
  const values = { ...Object.fromEntries(sizes), lastBatch: last }
  const noise = (n: number): string => percent(Math.sqrt(2 / (n - 1)))
  const numbers = `each statistic of layer ${name} is made of ${value} values, so its variances are noisy by ${noise(value)}`
  if (last < 2) {
    return {
      severity: 'alarm',
      value: last,
      values,
      advice: `the last batch of an epoch gives layer ${name} ${last} value a statistic, which stops training: use lastBatch: 'drop'`,
    }
  }
  if (value < leastValues) {
    return {
      severity: 'warning',
      value,
      values,
      advice: `${numbers}: use batches of ${Math.ceil((examples * leastValues) / value)} or more, or group normalization`,
    }
  }
  if (last < leastValues) {
    return {
      severity: 'note',
      value,
      values,
      advice: `the last batch of an epoch gives layer ${name} ${last} values a statistic, noisy by ${noise(last)}, where a full one gives ${short(value)}: use lastBatch: 'drop', or fullBatchSize in BN`,
    }
  }
  return { severity: 'ok', value, values, advice: numbers }
}

/** D18: whether batches are large enough for their statistics. */
export const statisticSize: Diagnostic = {
  id: 'D18',
  title: 'values in each statistic of BN',
  quantity:
    'examples · places (H·W) that are normalised together, least over the layers; the variance is noisy by √(2/(n − 1))',
  threshold: 'warning below 16, note below 16 in an epoch’s last batch, alarm where that has one',
  remedy: 'larger batches, or group normalization; lastBatch: drop',
  source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
  async examine({ structure, experiment }) {
    return statisticSizes(structure.norms, experiment)
  },
}
