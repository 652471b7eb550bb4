import { describe, expect, test } from 'vitest'
import { clouds, collect, toy } from '../../test/support/toy.ts'
import { loader } from '../data/loader.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { DivergedError } from './diverged.ts'
import { writeSafetensors } from './safetensors.ts'
import { run, taskOf } from './train.ts'

describe('a loss that is not finite', () => {
  test('ends the run, names step, rate and layer, and leaves the weights of the step before', async () => {
    const setup = toy({ optimizer: sgd({ lr: (step) => (step < 7 ? 0.1 : 1e30) }), epochs: 3 })
    const task = taskOf(setup)
    const error = await collect(run(setup, { task })).catch((e: unknown) => e as DivergedError)
    expect(error).toBeInstanceOf(DivergedError)
    expect((error as DivergedError).step).toBe(8)
    expect((error as DivergedError).message).toBe(
      'train: wanted a finite loss, got NaN at step 8, lr 1e+30; the first tensor that is not finite is Mul in bn; lower the rate or warm up longer',
    )
    expect(task.steps).toBe(8)
  })

  test('tells every step before, however many a call took', async () => {
    const told: number[] = []
    const setup = toy({ optimizer: sgd({ lr: (step) => (step < 22 ? 0.1 : 1e38) }), epochs: 3 })
    const events = async (): Promise<void> => {
      for await (const event of run(setup)) if (event.type === 'steps') told.push(...Array.from(event.lrs))
    }
    await expect(events()).rejects.toThrow('at step 23')
    expect(told).toEqual(Array.from({ length: 23 }, (_, step) => (step < 22 ? 0.1 : 1e38)))
  })

  test('is blamed on the data where the data are at fault', async () => {
    const { train, validation } = clouds()
    ;(train.x.data as Float32Array)[5] = Number.NaN
    const error = await collect(run(toy({ data: { train, validation } }))).catch(
      (e: unknown) => e as DivergedError,
    )
    expect((error as DivergedError).message).toMatch(
      /^train: wanted a finite loss, got NaN at step \d+, lr 0.1; the first tensor that is not finite is x;/,
    )
  })

  test('leaves a model that goes on training', async () => {
    const { train, validation } = clouds()
    const task = taskOf(toy({ data: { train, validation } }))
    const batch = [...loader(train, { batchSize: 8 }).batches(0)][0]!
    const poisoned = {
      ...batch,
      x: Float32Array.from(batch.x as Float32Array).fill(Number.POSITIVE_INFINITY),
    }
    const before = writeSafetensors(task.variables)
    await expect(task.step(poisoned)).rejects.toThrow('the first tensor that is not finite is x')
    expect(writeSafetensors(task.variables)).toEqual(before)
    expect(await task.step(batch)).toBeGreaterThan(0)
  })
})
