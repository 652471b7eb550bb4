import { meanOf } from '../../core/vector.ts'
import { type Diagnostic, noStatistics, percent, short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Batches that are looked at. */
const count = 16

/** D10: loss of the same examples in evaluation relative to training. */
export const modeGap: Diagnostic = {
  id: 'D10',
  title: 'loss of the same batches in evaluation beside training',
  quantity: 'loss(eval)/loss(train) − 1, same weights, mean of 16 training batches',
  threshold: 'warning above 10 % (note with dropout), note below −25 %',
  remedy: 'this gap is BN’s (small batches, stale statistics), not overfitting: see D8 and D18 first',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    const losses = await lossesOf(subject)
    const [train, evaluated] = [meanOf(losses.map(([one]) => one)), meanOf(losses.map(([, one]) => one))]
    const value = evaluated / train - 1
    const drops = subject.structure.dropouts.length > 0
    const numbers = `the same batches have a loss of ${short(train)} in training and ${short(evaluated)} in evaluation (${percent(value)})`
    const found = { value, values: { train, eval: evaluated } }
    if (value > 0.1) {
      const advice = `${numbers}: this is not overfitting; see D8 for stale statistics${drops ? ' and D21 for dropout before BN' : ''}`
      return { severity: drops ? 'note' : 'warning', ...found, advice }
    }
    if (value < -0.25) {
      const cause = drops
        ? 'dropout and the noise of batch statistics weigh'
        : 'the noise of batch statistics weighs'
      const advice = `${numbers}: ${cause} on training; see D18 for small batches and D8 for stale statistics`
      return { severity: 'note', ...found, advice }
    }
    return { severity: 'ok', ...found, advice: numbers }
  },
}

/** The loss of each batch, in training and in evaluation. */
async function lossesOf(subject: Subject): Promise<readonly (readonly [train: number, evaluated: number])[]> {
  const { model, experiment } = subject
  const losses: [number, number][] = []
  for (const batch of subject.batches(count)) {
    const { train, evaluated } = await subject.compute('modes', batch, ({ x, y }) => ({
      evaluated: experiment.loss(model.forward(x, 'eval'), y),
      train: experiment.loss(model.forward(x, 'train'), y),
    }))
    losses.push([Number(train[0]), Number(evaluated[0])])
  }
  return losses
}
