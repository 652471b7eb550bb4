import { EvenstepError } from '../../core/errors.ts'
import { input, topological } from '../../core/tensor.ts'
import { percent } from '../../core/text.ts'
import { trace } from '../../core/variable.ts'
import { castFloat } from '../../train/graphs.ts'
import { batchDependence } from '../batch-dependence.ts'
import type { Subject } from '../subject.ts'
import { tracedOutput } from '../traced-output.ts'
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
  {
    name: 'double-softmax',
    title: 'a softmax at the end of the model, before a loss that applies its own',
    source: 'ours: of values from 0 to 1, softmax makes at most e / (e + classes − 1)',
    look(plan) {
      const classes = softmaxTwice(plan)
      if (classes === undefined) return []
      const most = percent(Math.E / (Math.E + classes - 1))
      const advice = `the model ends in a softmax, and the loss applies another one, so no class can get more than ${most} and gradients are small: return the scores before the softmax`
      return [{ severity: 'warning', advice }]
    },
  },
]

/** Returns the number of classes if model and loss both apply a softmax; otherwise undefined. */
function softmaxTwice({ experiment, model }: Subject): number | undefined {
  const { data, loss, dtype } = experiment
  const { x, y } = data.train
  const { op, shape, dtype: type } = tracedOutput(model, x, 2, dtype)
  if (op !== 'Softmax') return undefined
  try {
    const lossOf = () => loss(input(shape, type), castFloat(input([2, ...y.shape], y.dtype), dtype))
    const nodes = topological([trace(lossOf).result])
    return nodes.some(({ op }) => op === 'LogSoftmax' || op === 'Softmax') ? shape[1] : undefined
  } catch (error) {
    if (error instanceof EvenstepError) return undefined // a loss that does not suit two examples
    throw error
  }
}
