import { type Diagnostic, type Finding, type Inapplicable, leastEntry, percent, short } from '../diagnosis.ts'
import type { InMemory } from '../in-memory.ts'
import type { Norm } from '../structure.ts'

/** Values below which a statistic is too noisy. */
export const leastValues = 16

/** Examples in an epoch's last batch if it is kept and not full, else 0. */
export const lastBatchOf = ({ lastBatch, data, batchSize }: InMemory): number =>
  lastBatch === 'keep' ? data.train.length % batchSize : 0

/** Judges how many values the statistics of each layer are made of. */
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
    const advice = `the last batch of an epoch gives layer ${name} ${last} value a statistic, which stops training: use lastBatch: 'drop'`
    return { severity: 'alarm', value: last, values, advice }
  }
  if (value < leastValues) {
    const enough = Math.ceil((examples * leastValues) / value)
    const advice = `${numbers}: use batches of ${enough} or more, or group normalization`
    return { severity: 'warning', value, values, advice }
  }
  if (last < leastValues) {
    const advice = `the last batch of an epoch gives layer ${name} ${last} values a statistic, noisy by ${noise(last)}, where a full one gives ${short(value)}: use lastBatch: 'drop', or fullBatchSize in BN`
    return { severity: 'note', value, values, advice }
  }
  return { severity: 'ok', value, values, advice: numbers }
}

/** D18: size of batches relative to what their statistics need. */
export const statisticSize: Diagnostic = {
  id: 'D18',
  title: 'values in each statistic of BN',
  quantity:
    'examples · places (H·W) that are normalized together, least over the layers; the variance is noisy by √(2/(n − 1))',
  threshold: 'warning below 16, note below 16 in an epoch’s last batch, alarm where that has one',
  remedy: 'larger batches, or group normalization; lastBatch: drop',
  source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
  async examine({ structure, experiment }) {
    return statisticSizes(structure.norms, experiment)
  },
}
