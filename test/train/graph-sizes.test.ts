import { expect, test } from 'vitest'
import { type Tensor, topological } from '../../src/core/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { byNode, simplify } from '../../src/onnx/simplify.ts'
import * as ops from '../../src/ops/index.ts'
import { adamw, type Optimizer, sgd } from '../../src/optim/index.ts'
import { loopModel, rootsOf, traceStep } from '../../src/runtime/traced.ts'
import { type LogOptions, watched } from '../../src/train/watch.ts'

// A small step takes as long as it takes to call its operators, so their number is a measure of speed that no busy
// machine disturbs. A change that adds operators must say why, here.

/** Returns the number of operators and of bytes in the graph of a training step with batches of 64. */
function sizeOfStep(sizes: readonly number[], optimizer: Optimizer, log: LogOptions = {}): [number, number] {
  const model = new nn.Sequential(
    ...sizes
      .slice(1)
      .flatMap((out, i) => [
        new nn.Linear(sizes[i]!, out),
        ...(i < sizes.length - 2 ? [new nn.ReLU(), new nn.BatchNorm1d(out)] : []),
      ]),
  )
  const rule = optimizer.attach(nn.variables(model))
  const traced = traceStep(
    { x: { shape: [64, sizes[0]!] }, y: { shape: [64], dtype: 'int32' } },
    ({ x, y }) => {
      const forward = (): Tensor => ops.crossEntropy(model.forward(x!, 'train'), y!)
      const { outputs } = watched(model, log, forward, (loss) => rule.minimize(loss, log.gradientNorm))
      return outputs as Record<string, Tensor>
    },
  )
  return [byNode(topological(simplify(rootsOf(traced)))).length, loopModel(traced).length]
}

const lr = (step: number): number => 0.1 / (1 + step)
const momentum = sgd({ lr, momentum: 0.9 })
const averaged = adamw({ lr, average: { type: 'ema' } })
const deep = [32, 32, 32, 32, 32, 10]

test.each([
  ['SGD', [100, 100, 10], sgd({ lr }), {}, 55, 5733],
  ['SGD with clipping', [100, 100, 10], sgd({ lr, clip: { norm: 1 } }), {}, 69, 6820],
  ['SGD, with layers logged', [100, 100, 10], sgd({ lr }), { batchNorm: true }, 65, 6676],
  [
    'SGD, with the norm of the gradient logged',
    [100, 100, 10],
    sgd({ lr }),
    { gradientNorm: true },
    66,
    6939,
  ],
  ['momentum', [100, 100, 10], momentum, {}, 64, 8132],
  [
    'momentum, with the norm of the gradient logged',
    [100, 100, 10],
    momentum,
    { gradientNorm: true },
    74,
    8647,
  ],
  ['AdamW', [100, 100, 10], adamw({ lr }), {}, 85, 10476],
  [
    'AdamW, with the norm of the gradient logged',
    [100, 100, 10],
    adamw({ lr }),
    { gradientNorm: true },
    87,
    10696,
  ],
  ['AdamW with averages', [100, 100, 10], averaged, {}, 94, 12003],
  ['AdamW, deep', deep, adamw({ lr }), {}, 211, 24685],
  ['AdamW with averages, deep', deep, averaged, {}, 226, 27925],
] as const)(
  'the graph of %s has no more operators and bytes',
  (_, sizes, optimizer, log, operators, bytes) => {
    expect(sizeOfStep(sizes, optimizer, log)).toEqual([operators, bytes])
  },
)
