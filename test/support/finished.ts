import type { Finished } from '../../src/study/analysis/findings.ts'
import type { Asked } from '../../src/study/design/design.ts'
import type { TrialResult } from '../../src/study/trial.ts'

/** Returns a requested trial as finished with this validation loss, or as diverged if the loss is not finite. */
export const finishedWith = (asked: Asked, id: number, loss: number): Finished => ({
  id,
  ...asked,
  result: {
    status: Number.isFinite(loss) ? 'done' : 'diverged',
    metrics: Number.isFinite(loss) ? { validationLoss: loss } : {},
    steps: asked.steps,
    time: { training: 1, total: 1 },
    curve: { steps: [], trainLoss: [], lr: [] },
  },
})

/** A result with something in each part. */
export const someResult: TrialResult = {
  status: 'done',
  metrics: { validationLoss: 0.5 },
  steps: 10,
  time: { training: 1, total: 2 },
  curve: { steps: [9], trainLoss: [0.6], lr: [0.1] },
}
