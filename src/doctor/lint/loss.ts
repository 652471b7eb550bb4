import { batchDependence } from '../batch-dependence.ts'
import type { LintRule } from './rule.ts'

/** Lint rules about the loss. */
export const lossRules: readonly LintRule[] = [
  {
    name: 'batch-loss',
    title: 'a loss that is no mean over the examples, such as the root of a mean',
    source: 'ours: Σ over batches of size · loss, divided by the examples',
    look({ experiment, model }) {
      const { data, loss, dtype } = experiment
      const cause = batchDependence({ model, loss, dtype, data: data.train })
      if (cause === undefined) return []
      const advice = `because of ${cause}, the loss is no mean over the examples of a batch, so it depends on the batch size, and accumulation and evaluation in batches differ from one large batch: take the mean last, or return ops.weightedLoss(total, weight)`
      return [{ severity: 'note', advice }]
    },
  },
]
