import * as ort from 'onnxruntime-node'
import { afterEach, expect, test, vi } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/index.ts'
import { cosineAnnealing } from '../schedule/index.ts'
import { run, taskOf } from '../train/train.ts'
import { keepSessions } from './node-cpu.ts'

afterEach(() => {
  keepSessions(0)
  vi.restoreAllMocks()
})

/** The losses of a run at a rate, and how many graphs it compiled. */
async function train(rate: number, seed = 0): Promise<{ losses: number[]; compiled: number }> {
  const create = vi.spyOn(ort.InferenceSession, 'create')
  const experiment = toy({ optimizer: sgd({ lr: cosineAnnealing(rate, { tMax: 24 }) }), seed })
  const losses: number[] = []
  for await (const event of run(experiment, { task: taskOf(experiment) })) {
    if (event.type === 'steps') losses.push(...Array.from(event.losses))
  }
  const compiled = create.mock.calls.length
  create.mockRestore()
  return { losses, compiled }
}

test('kept sessions are used again for other rates and seeds, and change no number', async () => {
  const alone = await train(0.5, 3)
  expect(alone.compiled).toBeGreaterThan(1)
  keepSessions(4)
  expect((await train(0.1)).compiled).toBe(alone.compiled)
  const again = await train(0.5, 3)
  expect(again.compiled).toBe(0)
  expect(again.losses).toEqual(alone.losses)
})

test('a large process keeps the last ones only, and a small one more', async () => {
  let memory = 2 ** 30 + 1
  keepSessions(1, () => memory)
  const { compiled } = await train(0.1)
  expect((await train(0.1)).compiled).toBe(compiled)
  memory = 2 ** 30
  await train(0.1)
  expect((await train(0.1)).compiled).toBe(0)
})

test('where the memory is unknown, only the last are kept', async () => {
  keepSessions(1)
  const { compiled } = await train(0.1)
  expect((await train(0.1)).compiled).toBe(compiled)
})
