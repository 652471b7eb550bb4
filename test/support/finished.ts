import type { Finished } from '../../src/study/analysis/findings.ts'
import type { Asked } from '../../src/study/design/design.ts'

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
