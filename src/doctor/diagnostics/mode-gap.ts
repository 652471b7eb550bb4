import { figure, percent } from '../../core/text.ts'
import { meanOf } from '../../core/vector.ts'
import { type Diagnostic, noStatistics } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Number of training batches whose losses in training mode and in evaluation mode are compared. */
const count = 16

/** Diagnostic D10: loss of training batches in evaluation mode relative to their loss in training mode. */
export const modeGap: Diagnostic = {
  id: 'D10',
  title: 'loss of the same batches in evaluation relative to training',
  quantity: 'loss(eval)/loss(train) − 1 at the same weights, mean of 16 training batches',
  threshold: 'warning above 10 % (note with dropout), note below −25 %',
  remedy: 'this gap comes from BN (small batches, stale statistics), not overfitting: see D8 and D18 first',
  source: 'Wu & Johnson 2021, https://arxiv.org/abs/2105.07576; the bands are ours',
  async examine(subject) {
    if (subject.tracking.length === 0) return noStatistics
    const losses = await lossesOf(subject)
    const [train, evaluated] = [meanOf(losses.map(([loss]) => loss)), meanOf(losses.map(([, loss]) => loss))]
    const value = evaluated / train - 1
    const drops = subject.structure.dropouts.length > 0
    const numbers = `the same batches have a loss of ${figure(train)} in training and ${figure(evaluated)} in evaluation (${percent(value)})`
    const found = { value, values: { train, eval: evaluated } }
    if (value > 0.1) {
      const advice = `${numbers}: this is not overfitting; see D8 for stale statistics${drops ? ' and D21 for dropout before BN' : ''}`
      return { severity: drops ? 'note' : 'warning', ...found, advice }
    }
    if (value < -0.25) {
      const cause = `${drops ? 'dropout and ' : ''}the noise of batch statistics`
      const advice = `${numbers}: ${cause} raised the training loss; see D18 for small batches and D8 for stale statistics`
      return { severity: 'note', ...found, advice }
    }
    return { severity: 'ok', ...found, advice: numbers }
  },
}

/** Returns the loss of each of `count` training batches, in training mode and in evaluation mode. */
async function lossesOf(subject: Subject): Promise<readonly (readonly [train: number, evaluated: number])[]> {
  const losses: [number, number][] = []
  for (const batch of subject.batches(count)) {
    const { train, evaluated } = await subject.compute('modes', batch, (fed) => ({
      evaluated: subject.lossOf(fed, 'eval'),
      train: subject.lossOf(fed, 'train'),
    }))
    losses.push([Number(train[0]), Number(evaluated[0])])
  }
  return losses
}
