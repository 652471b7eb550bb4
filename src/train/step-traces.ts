import type { Tensor } from '../core/tensor.ts'
import { checkAssignsNothing } from '../core/variable.ts'
import { type Module, modelOutput } from '../nn/module.ts'
import { type Traced, traceStep } from '../runtime/traced.ts'
import type { BatchOf, Graphs } from './graphs.ts'

type Fed = BatchOf<Tensor>

/** Graphs of a task's training step and of its model in evaluation mode, not compiled. */
export interface StepTraces {
  readonly training: Traced
  readonly evaluation: Traced
}

/**
 * Traces the graphs for batches of `batchSize` examples, without compiling them.
 *
 * @param trainingStep traces a step of training. @returns its outputs
 */
export function tracesOf(
  graphs: Graphs<'x' | 'y'>,
  model: Module,
  batchSize: number,
  trainingStep: (fed: Fed) => Readonly<Record<string, Tensor>>,
): StepTraces {
  const traced = (body: (fed: Fed) => Readonly<Record<string, Tensor>>): Traced => {
    const graph = graphs.traceable(batchSize, body)
    return traceStep(graph.inputs, graph.body)
  }
  const training = traced((fed) => {
    // Left out: `terms`, the parts of the loss, which are only reported and do not affect the training.
    const { terms: _, ...step } = trainingStep(fed)
    return step
  })
  const evaluation = traced(({ x }) => {
    const output = modelOutput(model, x, 'eval')
    checkAssignsNothing()
    return { output }
  })
  return { training, evaluation }
}
