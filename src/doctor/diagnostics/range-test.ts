import { present } from '../../core/options.ts'
import { figure } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import { findLearningRate } from '../../train/find-lr.ts'
import { advised, rateBy } from '../advised.ts'
import type { Diagnostic, Finding } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Number of steps of a learning-rate range test. With BN, 200 steps would suggest rates ten times too high. */
const rampSteps = 600
/** Maximum estimated duration of a range test, in milliseconds; beyond it, the test is skipped. */
const maxMs = 8000

/** Diagnostic D12: peak learning rate of the run relative to the rate that a range test suggests. */
export const rangeTest: Diagnostic = {
  id: 'D12',
  title: 'peak rate of the run relative to a range test',
  quantity: 'peak rate over the suggestion of a ramp of 600 steps from the initial weights',
  threshold: 'warning above 1.5 times the rate of the lowest loss, note below a tenth of the suggestion',
  remedy: 'above, divide the rate down to that of the lowest loss; below, multiply it up to the suggestion',
  source: 'Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; with BN: ours',
  async examine(subject) {
    const ms = rampSteps * (await msPerStep(subject))
    if (ms > maxMs) {
      return {
        reason: `a range test of ${rampSteps} steps would take ${figure(ms / 1e3)} s; run evenstep find-lr`,
      }
    }
    const { experiment, signal } = subject
    const { minimumTenth, suggestion } = await findLearningRate(
      experiment,
      present({ steps: rampSteps, signal }),
    )
    if (minimumTenth === undefined || suggestion === undefined) {
      return { reason: 'the range test is flat: the loss falls at no rate by more than chance explains' }
    }
    return judged(maxOf(subject.rates), suggestion, 10 * minimumTenth)
  },
}

/** Judges the peak learning rate of a run. @param lowestLossAt rate at which the range test's loss was lowest */
function judged(peak: number, suggestion: number, lowestLossAt: number): Finding {
  const value = peak / suggestion
  const numbers = `the peak rate, ${figure(peak)}, is ${figure(value)} times the ${figure(suggestion)} that a range test suggests`
  const found = { value, values: { peak, suggestion, lowestLossAt } }
  if (peak > 1.5 * lowestLossAt) {
    const above = `${numbers}, and above the ${figure(lowestLossAt)} where its loss is lowest`
    return {
      severity: 'warning',
      ...found,
      ...advised(above, rateBy(lowestLossAt / peak)),
      opposes: ['raise'],
    }
  }
  if (value >= 1) return { severity: 'ok', ...found, advice: numbers, opposes: ['raise'] }
  const opposes = ['lower', 'fall'] as const
  if (value >= 0.1) return { severity: 'ok', ...found, advice: numbers, opposes: ['raise', ...opposes] }
  return { severity: 'note', ...found, ...advised(numbers, rateBy(suggestion / peak)), opposes }
}

/** Returns the measured duration of a training step in milliseconds, excluding compilation. */
async function msPerStep(subject: Subject): Promise<number> {
  const [batch] = subject.batches(1, subject.examples)
  return subject.untouched(async () => {
    await subject.task.step(batch!)
    const begun = performance.now()
    for (let i = 0; i < 2; i++) await subject.task.step(batch!)
    return (performance.now() - begun) / 2
  })
}
