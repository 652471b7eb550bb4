/** Runs that are resumed with another length, whose schedules have percentages. */
import { expect, test } from 'vitest'
import { sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import { killedRuns } from '../support/killed-runs.ts'

const { train, read, setup, root } = killedRuns()

/** 12 steps an epoch. */
const of = (epochs: number, more: object = {}) =>
  setup({ epochs, control: [], optimizer: sgd({ lr: 'cosine 0.1 to 0.01', momentum: 0.9 }), ...more })
const ratesIn = (name: string): number[] =>
  read(name, 'events.jsonl')
    .toString()
    .split('\n')
    .filter((line) => line.includes('"type":"step"'))
    .map((line) => JSON.parse(line).lr)
const described = (name: string) => JSON.parse(read(name, 'run.json').toString())
const cosine = (steps: number) => schedule.cosineAnnealing(0.1, { tMax: steps, etaMin: 0.01 })
const ask = (name: string) =>
  `${root}/${name}: wanted scheduleSteps, since percentages in schedules were of 24 steps and the run now has 48, ` +
  'got nothing; --set scheduleSteps=24 keeps the schedules, and --set scheduleSteps=48 stretches them over the run'

test('of the same length, they follow the same schedule', async () => {
  await train('same', 3, {}, of(2))
  await train('same', undefined, { resume: true }, of(2))
  expect(ratesIn('same')).toEqual(schedule.values(cosine(24), 24))
  expect(described('same')).toMatchObject({ scheduleSteps: 24, optimizer: { lr: { tMax: 24 } } })
})

test('of another length, they ask which of both is meant', async () => {
  await train('asked', undefined, {}, of(2))
  await expect(train('asked', undefined, { resume: true }, of(4))).rejects.toThrow(ask('asked'))
  expect(described('asked')).toMatchObject({ scheduleSteps: 24, epochs: 2 })
})

test('may keep the schedule, whose last value then holds', async () => {
  await train('kept', undefined, {}, of(2))
  await train('kept', undefined, { resume: true }, of(4, { scheduleSteps: 24 }))
  expect(ratesIn('kept')).toEqual(schedule.values(cosine(24), 48))
})

test('may stretch it over the longer run, and then go on with that', async () => {
  await train('stretched', undefined, {}, of(2))
  const stretched = of(4, { scheduleSteps: 48 })
  await train('stretched', 5, { resume: true }, stretched)
  expect(described('stretched')).toMatchObject({ scheduleSteps: 48, optimizer: { lr: { tMax: 48 } } })
  await train('stretched', undefined, { resume: true }, of(4))
  const [first, second] = [schedule.values(cosine(24), 24), schedule.values(cosine(48), 48)]
  expect(ratesIn('stretched')).toEqual([...first, ...second.slice(24)])
})

test('is refused with another optimizer all the same', async () => {
  await train('other', undefined, {}, of(2))
  const other = of(4, { scheduleSteps: 48, optimizer: sgd({ lr: 'cosine 0.2 to 0.01', momentum: 0.9 }) })
  await expect(train('other', undefined, { resume: true }, other)).rejects.toThrow(
    `${root}/other: wanted the experiment of this run, got optimizer`,
  )
  expect(described('other')).toMatchObject({ scheduleSteps: 24 })
})

test('in steps only, they just get longer', async () => {
  const fixed = { optimizer: sgd({ lr: 'cosine 0.1 to 0.01 over 24', momentum: 0.9 }) }
  await train('fixed', undefined, {}, of(2, fixed))
  await train('fixed', undefined, { resume: true }, of(4, fixed))
  expect(ratesIn('fixed')).toEqual(schedule.values(cosine(24), 48))
  expect(described('fixed')).not.toHaveProperty('scheduleSteps')
})
