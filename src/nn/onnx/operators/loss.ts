import * as ops from '../../../ops/index.ts'
import { type NodeRule, type OperatorTable, refusal } from '../call.ts'

const reductions = ['mean', 'sum', 'none'] as const

const negativeLogLikelihood =
  (withSoftmax: boolean): NodeRule =>
  (call) => {
    const logP = withSoftmax ? ops.logSoftmax(call.x, 1) : call.x
    const named = call.text('reduction', 'mean')
    const reduction = reductions.find((one) => one === named)
    if (!reduction) throw refusal('mean, sum or none', named)
    const [weight, ignoreIndex] = [call.inputs[2], call.number('ignore_index')]
    const options = {
      reduction,
      ...(weight && { weight }),
      ...(ignoreIndex !== undefined && { ignoreIndex }),
    }
    const loss = ops.nllLoss(logP, call.input(1), options)
    return call.outputs > 1 ? [loss, logP] : loss
  }

export const lossOperators = (): OperatorTable => ({
  SoftmaxCrossEntropyLoss: negativeLogLikelihood(true),
  NegativeLogLikelihoodLoss: negativeLogLikelihood(false),
})
