import { expect, test } from 'vitest'
import { resnet20 } from '../../examples/resnet20.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { variables } from '../../src/core/state.ts'
import { dataset } from '../../src/data/index.ts'
import { modules } from '../../src/nn/index.ts'
import { BatchNorm } from '../../src/nn/norm/batch-norm.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Task } from '../../src/train/task.ts'
import { difference, golden } from '../support/golden.ts'

interface Golden {
  readonly losses: readonly number[]
  readonly state: Readonly<Record<string, readonly number[]>>
}

const [batch, size] = [8, 32]
const image = 3 * size * size

/** Element i of the stream k, as in `scripts/golden-resnet.py`: a multiple of 2⁻³² in [−0.5, 0.5). */
function noise(k: number, i: number): number {
  let h = (Math.imul(i, 2654435761) + Math.imul(k, 2246822519)) | 0
  h = Math.imul(h ^ (h >>> 15), 2246822507)
  h = Math.imul(h ^ (h >>> 13), 3266489909)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

function startingNet(): ReturnType<typeof resnet20> {
  const net = resnet20()
  const gammas = new Set(
    [...modules(net).values()].map((m) => (m instanceof BatchNorm ? m.weight : undefined)),
  )
  const trained = [...variables(net).values()].filter((v) => v.trainable)
  for (const [k, v] of trained.entries()) {
    const scale = v.shape.length > 1 ? 2 * Math.sqrt(6 / sizeOf(v.shape.slice(1))) : 0.5
    const mean = gammas.has(v) ? 1 : 0
    v.toDType('float64')
    v.data = Float64Array.from({ length: sizeOf(v.shape) }, (_, i) => mean + noise(k, i) * scale)
  }
  return net
}

test('20 steps of ResNet-20 in float64 have the losses that they have in PyTorch', async () => {
  const { losses, state } = golden<Golden>('resnet')
  const y = Int32Array.from({ length: batch * losses.length }, (_, i) => ((i % batch) * 7) % 10)
  const x = Float64Array.from({ length: y.length * image }, (_, i) => {
    const [step, place] = [Math.trunc(i / (batch * image)), i % (batch * image)]
    return 4 * noise(1000 + step, place) + y[Math.trunc(i / image)]! / 8
  })
  const data = dataset({ x, y, shape: [3, size, size], classes: 10 })
  const optimizer = sgd({ lr: 0.05, momentum: 0.9, weightDecay: 5e-4 })
  const task = new Task({
    model: startingNet(),
    loss: crossEntropy,
    optimizer,
    data,
    dtype: 'float64',
    threads: 1,
  })
  const { losses: found } = await task.learn({ x, y, length: y.length }, batch)
  for (const [step, wanted] of losses.entries()) {
    expect(Math.abs(found[step]! - wanted), `step ${step}: ${found[step]} is not ${wanted}`).toBeLessThan(
      1e-8,
    )
  }
  for (const [name, wanted] of Object.entries(state)) {
    expect(difference(task.variables.get(name)!.data, wanted), name).toBeLessThan(1e-7)
  }
})
