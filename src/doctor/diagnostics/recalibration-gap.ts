import { figure, percent } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import { remeasured } from '../../train/drift.ts'
import { advised } from '../advised.ts'
import { type Diagnostic, type Finding, noAverages, noStatistics } from '../diagnosis.ts'
import { dropoutsBeforeNorms } from '../structure.ts'
import { type Validated, validated } from '../validated.ts'
import { measuredBatches } from './drift.ts'

/** Maximum number of validation examples to evaluate. */
const most = 4096
/** Number of parts into which validation data are split: the spread between parts tells an effect from chance. */
const parts = 8

/** Diagnostic D9: validation loss with BN's running statistics relative to the loss with remeasured ones. */
export const recalibrationGap: Diagnostic = {
  id: 'D9',
  title: 'validation loss: running statistics relative to remeasured ones',
  quantity: 'loss(running)/loss(remeasured) − 1 on up to 4,096 validation examples; and the accuracy gap',
  threshold:
    'warning above 5 % in the mean of 8 parts of the data by 3 standard errors, unless dropout comes before BN; otherwise note beyond ±5 %, or half a point of accuracy in more than 4 examples',
  remedy: 'above 5 %, recalibrate before evaluation (recalibrateBeforeEvaluation, train.recalibrate)',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576, section 3; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    if (subject.evaluatesOthers && subject.lacksState) return noAverages
    const { task, experiment, model } = subject
    const validate = () => validated(subject, most, parts)
    const { running, measured } = await task.atEvaluation(
      async () => ({
        running: await validate(),
        measured: await remeasured(
          model,
          subject.training(),
          { batches: measuredBatches(subject) },
          validate,
        ),
      }),
      { batchSize: experiment.batchSize },
    )
    const dropped = dropoutsBeforeNorms(subject.structure).length > 0
    return judged(running, measured, dropped)
  },
}

/**
 * Judges evaluations of the same parts of the validation data with `running` and with re-`measured` statistics.
 *
 * @param dropped whether dropout before a BN layer makes statistics noisy, however often they are measured
 */
function judged(running: readonly Validated[], measured: readonly Validated[], dropped: boolean): Finding {
  const [before, after] = [mean(running, ({ loss }) => loss), mean(measured, ({ loss }) => loss)]
  const value = before / after - 1
  const points = accuracyGap(running, measured)
  const accuracies = points === undefined ? '' : `; accuracies differ by ${figure(points)} points`
  const numbers = `the validation loss is ${figure(before)} with the running statistics and ${figure(after)} with remeasured ones (${percent(value)})${accuracies}`
  const values = {
    running: before,
    measured: after,
    ...(points !== undefined && { accuracyPoints: points }),
  }
  const isClear = isBeyondChance(running.map(({ loss }, i) => loss - measured[i]!.loss))
  if (value > 0.05 && isClear && !dropped) {
    const stale = advised(`${numbers}; the running ones are stale`, { type: 'recalibrate' })
    return { severity: 'warning', value, values, ...stale }
  }
  const limit = Math.max(0.5, 400 / examplesOf(running)) // 4 examples by chance
  const off = Math.abs(value) > 0.05 || Math.abs(points ?? 0) > limit
  const chance = isClear ? '; the dropout before BN makes remeasured ones noisy' : ', which may be chance'
  const end = value > 0.05 ? chance : value < -0.05 ? '; the running ones fit better' : ''
  return { severity: off ? 'note' : 'ok', value, values, advice: `${numbers}${end}` }
}

/** Returns accuracy with `running` minus accuracy with `measured` statistics, in percentage points, if known. */
function accuracyGap(running: readonly Validated[], measured: readonly Validated[]): number | undefined {
  if (running[0]?.accuracy === undefined) return undefined
  return 100 * (mean(running, ({ accuracy }) => accuracy!) - mean(measured, ({ accuracy }) => accuracy!))
}

const examplesOf = (parts: readonly Validated[]): number =>
  parts.reduce((sum, { examples }) => sum + examples, 0)

/** Returns the mean of a quantity over parts of the data, weighted by the parts' numbers of examples. */
const mean = (parts: readonly Validated[], of: (part: Validated) => number): number =>
  parts.reduce((sum, part) => sum + of(part) * part.examples, 0) / examplesOf(parts)

/**
 * Whether the mean of `differences` is more than 3 standard errors above 0. Of 8 differences without a true gap, that
 * is so in about 1 % of cases.
 */
function isBeyondChance(differences: readonly number[]): boolean {
  const n = differences.length
  const average = meanOf(differences)
  const variance = differences.reduce((sum, x) => sum + (x - average) ** 2, 0) / (n - 1)
  return n > 1 && average > 3 * Math.sqrt(variance / n)
}
