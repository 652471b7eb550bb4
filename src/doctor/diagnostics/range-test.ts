import { figure } from '../../core/text.ts'
import { maxOf } from '../../core/vector.ts'
import { findLearningRate } from '../../train/find-lr.ts'
import type { Diagnostic } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Number of steps of the range test. With BN, a test of 200 steps suggests rates ten times too high. */
const rampSteps = 600
/** Maximum estimated duration of the range test, in milliseconds; if longer, it is not run. */
const maxMs = 8000

/** Diagnostic D12: peak learning rate of the run relative to the rate that a range test suggests. */
export const rangeTest: Diagnostic = {
  id: 'D12',
  title: 'peak rate of the run relative to a range test',
  quantity: 'peak rate over the suggestion of a ramp of 600 steps from the initial weights',
  threshold: 'warning above the rate of the lowest loss, note below a tenth of the suggestion',
  remedy: 'with BN, use the suggestion of a ramp of ≥ 500 steps: its last rate is 5 to 13 times too high',
  source: 'Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; with BN: ours',
  async examine(subject) {
    const ms = rampSteps * (await msPerStep(subject))
    if (ms > maxMs) {
      return {
        reason: `a range test of ${rampSteps} steps would take ${figure(ms / 1e3)} s; run evenstep find-lr`,
      }
    }
    const { minimumTenth, suggestion } = await findLearningRate(subject.experiment, { steps: rampSteps })
    if (minimumTenth === undefined || suggestion === undefined) {
      return { reason: 'the range test is flat: the loss falls at no rate by more than chance explains' }
    }
    const peak = maxOf(subject.rates)
    const [value, minimum] = [peak / suggestion, 10 * minimumTenth]
    const numbers = `the peak rate, ${figure(peak)}, is ${figure(value)} times the ${figure(suggestion)} that a range test suggests`
    const found = { value, values: { peak, suggestion, lowestLossAt: minimum } }
    if (peak > minimum) {
      const advice = `${numbers}, and above the ${figure(minimum)} where its loss is lowest: lower it`
      return { severity: 'warning', ...found, advice }
    }
    if (value < 0.1) return { severity: 'note', ...found, advice: `${numbers}: a higher one is worth trying` }
    return { severity: 'ok', ...found, advice: numbers }
  },
}

/** Returns the measured duration of a training step in milliseconds, compilation excluded. */
async function msPerStep(subject: Subject): Promise<number> {
  const [batch] = subject.batches(1, subject.examples)
  return subject.untouched(async () => {
    await subject.task.step(batch!)
    const begun = performance.now()
    for (let i = 0; i < 2; i++) await subject.task.step(batch!)
    return (performance.now() - begun) / 2
  })
}
