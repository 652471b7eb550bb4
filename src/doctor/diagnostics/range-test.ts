import { maxOf } from '../../core/vector.ts'
import { findLearningRate } from '../../train/find-lr.ts'
import { type Diagnostic, short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Steps of the ramp. With BN, a ramp of 200 finds rates that are ten times too high. */
const rampSteps = 600
/** Longest time that the test may take. */
const patienceMs = 8000

/** D12: the rate relative to the suggestion of a range test. */
export const rangeTest: Diagnostic = {
  id: 'D12',
  title: 'highest rate of the run beside a range test',
  quantity: 'η_max over the rate that a ramp of 600 steps from the first weights suggests',
  threshold: 'warning above the rate of the lowest loss, note below a tenth of the suggestion',
  remedy:
    'with BN: a ramp of 500 steps or more, and the suggestion; never the rate at which the test stops, which is 5 to 13 times too high',
  source: 'Smith 2017, https://arxiv.org/abs/1506.01186, section 3.3; with BN: ours',
  async examine(subject) {
    const ms = rampSteps * (await msPerStep(subject))
    if (ms > patienceMs) {
      return {
        reason: `a range test of ${rampSteps} steps would take ${short(ms / 1e3)} s; run evenstep find-lr`,
      }
    }
    const { minimumTenth, suggestion } = await findLearningRate(subject.experiment, { steps: rampSteps })
    const peak = maxOf(subject.rates)
    const [value, minimum] = [peak / suggestion, 10 * minimumTenth]
    const numbers = `the highest rate, ${short(peak)}, is ${short(value)} times the ${short(suggestion)} that a range test suggests`
    const found = { value, values: { peak, suggestion, lowestLossAt: minimum } }
    if (peak > minimum) {
      const advice = `${numbers}, and above the ${short(minimum)} where its loss is lowest: lower it`
      return { severity: 'warning', ...found, advice }
    }
    if (value < 0.1) {
      return { severity: 'note', ...found, advice: `${numbers}: there is room for a higher one` }
    }
    return { severity: 'ok', ...found, advice: numbers }
  },
}

/** Duration of a training step, without the compilation in the first one. */
async function msPerStep(subject: Subject): Promise<number> {
  const [batch] = subject.batches(1, subject.examples)
  return subject.untouched(async () => {
    await subject.task.step(batch!)
    const begun = performance.now()
    for (let i = 0; i < 2; i++) await subject.task.step(batch!)
    return (performance.now() - begun) / 2
  })
}
