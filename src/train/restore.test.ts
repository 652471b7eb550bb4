import { join } from 'node:path'
import { expect, test } from 'vitest'
import { killedRuns } from '../../test/support/killed-runs.ts'
import { toy } from '../../test/support/toy.ts'
import { sgd } from '../optim/rules/sgd.ts'
import { readSteps } from './event-log.ts'
import { restore } from './restore.ts'
import { RunFolder } from './run-folder.ts'
import { taskOf } from './train.ts'

const { root } = killedRuns()

test('what a run left is read from its folder: each step, and where it stands', async () => {
  const setup = toy({ log: { gradientNorm: true }, optimizer: sgd({ lr: 0.1, momentum: 0.9 }), threads: 1 })
  const path = join(root, 'read')
  const folder = new RunFolder(path, setup)
  const losses: number[] = []
  const norms: number[] = []
  for await (const event of folder.events()) {
    if (event.type !== 'steps') continue
    losses.push(...Array.from(event.losses))
    norms.push(...Array.from(event.logs!.gradientNorm!))
  }
  folder.close()
  const steps = readSteps(path)!
  expect([...steps.losses]).toEqual(losses)
  expect([...steps.lrs]).toEqual(losses.map(() => 0.1))
  expect(Object.keys(steps.logs!)).toEqual(['gradientNorm'])
  expect(Array.from(steps.logs!.gradientNorm!)).toEqual(norms)

  const task = taskOf(setup)
  expect(restore(path, setup, task)).toBe(true)
  expect(task.steps).toBe(folder.task.steps)
  const numbers = ({ variables, optimizerState }: typeof task) =>
    [...variables, ...optimizerState].map(([name, { data }]) => [name, data])
  expect(numbers(task)).toEqual(numbers(folder.task))

  expect(readSteps(join(root, 'nowhere'))).toBeUndefined()
  expect(restore(join(root, 'nowhere'), setup, task)).toBe(false)
})
