import { figure, percent } from '../../core/text.ts'
import { advised } from '../advised.ts'
import { type Diagnostic, type Finding, type Inapplicable, leastEntry } from '../diagnosis.ts'
import type { InMemory } from '../in-memory.ts'
import type { Norm } from '../structure.ts'

/** Minimum number of values per batch statistic; a statistic of fewer values is noisy. */
const fewest = 16
/** Values per batch statistic below which larger batches are advised: its noise harms more than fewer steps would. */
const tooFew = 8

/** Judges the number of values from which each BN layer computes the mean and variance of a channel. */
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
    const flaw = `the last batch of an epoch has ${last} value per statistic of layer ${name}, which stops training`
    return { severity: 'alarm', value: last, values, ...advised(flaw, { type: 'dropLast' }) }
  }
  if (value < fewest) {
    const larger = Math.ceil((examples * fewest) / value)
    const { virtualBatchSize } = norms.find((norm) => norm.name === name)!.layer
    const isPossible = larger <= data.train.length && virtualBatchSize === undefined
    const change = value < tooFew && isPossible && ({ type: 'batchSize', batchSize: larger } as const)
    return { severity: change ? 'warning' : 'note', value, values, ...advised(numbers, change || undefined) }
  }
  if (last < fewest) {
    const advice = `the last batch of an epoch has ${last} values per statistic of layer ${name}, an error of ${noise(last)}, and a full batch ${figure(value)}`
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
  threshold: 'note below 16, also in an epoch’s last batch; warning below 8; alarm below 2 in the last batch',
  remedy: 'below 8, use batches large enough for 16 values; below 2 in the last batch, lastBatch: drop',
  source: 'Wu & He 2018, https://arxiv.org/abs/1803.08494; the band is ours',
  async examine({ structure, experiment }) {
    return statisticSizes(structure.norms, experiment)
  },
}
