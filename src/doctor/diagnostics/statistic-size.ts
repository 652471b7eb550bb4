import { figure, percent } from '../../core/text.ts'
import { type Diagnostic, type Finding, type Inapplicable, leastEntry } from '../diagnosis.ts'
import type { InMemory } from '../in-memory.ts'
import type { Norm } from '../structure.ts'

/** Minimum number of values per batch statistic: with fewer, the statistic is too noisy. */
const fewest = 16

/** Judges from how many values each BN layer computes the mean and variance of a channel. */
export function statisticSizes(norms: readonly Norm[], experiment: InMemory): Finding | Inapplicable {
  if (norms.length === 0) return { reason: 'no batch normalization uses the statistics of a batch' }
  const { lastBatch, data, batchSize } = experiment
  const sizes = norms.map(({ name, values }) => [name, values] as const)
  const [name, value] = leastEntry(sizes)
  const examples = Math.min(batchSize, data.train.length)
  const inLast = lastBatch === 'keep' ? data.train.length % batchSize : 0
  const last = inLast > 0 ? Math.floor((value / examples) * inLast) : value
  const values = { ...Object.fromEntries(sizes), lastBatch: last }
  const noise = (n: number): string => percent(Math.sqrt(2 / (n - 1)))
  const numbers = `each statistic of layer ${name} comes from ${value} values, so its variances have an error of ${noise(value)}`
  if (last < 2) {
    const advice = `the last batch of an epoch has ${last} value per statistic of layer ${name}, which stops training: use lastBatch: 'drop'`
    return { severity: 'alarm', value: last, values, advice }
  }
  if (value < fewest) {
    const enough = Math.ceil((examples * fewest) / value)
    const advice = `${numbers}: use batches of ${enough} or more, or group normalization`
    return { severity: 'warning', value, values, advice }
  }
  if (last < fewest) {
    const advice = `the last batch of an epoch has ${last} values per statistic of layer ${name}, an error of ${noise(last)}, and a full batch ${figure(value)}: use lastBatch: 'drop', or fullBatchSize in BN`
    return { severity: 'note', value, values, advice }
  }
  return { severity: 'ok', value, values, advice: numbers }
}

/** Diagnostic D18: number of values from which BN computes each batch statistic. */
export const statisticSize: Diagnostic = {
  id: 'D18',
  title: 'number of values behind each statistic of BN',
  quantity:
    'least examples · positions (H·W) of a layer normalized together; a variance errs by √(2/(n − 1))',
  threshold: 'warning below 16; in an epoch’s last batch, note below 16 and alarm below 2',
  remedy: 'larger batches, or group normalization; for the last batch, lastBatch: drop',
  source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
  async examine({ structure, experiment }) {
    return statisticSizes(structure.norms, experiment)
  },
}
