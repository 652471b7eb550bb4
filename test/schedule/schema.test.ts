import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { scheduleJsonSchema } from '../../scripts/schedule-schema.ts'
import { format, parse } from '../../src/schedule/index.ts'
import { rows } from './rows.ts'

const published = JSON.parse(readFileSync(new URL('../../schema/schedule.json', import.meta.url), 'utf8'))
const schema = z.fromJSONSchema(published)

test('the published schema is up to date: node scripts/schema.mjs && npm run format', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(scheduleJsonSchema())))
})

test('every field of every type is described', () => {
  const undescribed = JSON.stringify(published).match(/"description":""/g)
  expect(undescribed).toBeNull()
})

test.each(Object.entries(rows))('the schema takes the spec of %s, and its text', (_, { make }) => {
  const schedule = make()
  expect(schema.safeParse(schedule.spec).error).toBeUndefined()
  expect(schema.safeParse(format(schedule)).success).toBe(true)
})

// biome-ignore format: one case a line
test.each<[object, boolean]>([
  [{ type: 'step', initial: 0.1, stepSize: 30, gama: 0.1 }, false],
  [{ type: 'step', initial: 0.1 }, false],
  [{ type: 'step', initial: 0.1, stepSize: 0 }, false],
  [{ type: 'step', initial: 0.1, stepSize: 30, gamma: -1 }, false],
  [{ type: 'oneCycle', maxLr: 1, totalSteps: 2.5 }, false],
  [{ type: 'oneCycle', maxLr: 1, totalSteps: 10, pctStart: 1.5 }, false],
  [{ type: 'cosineAnnealing', initial: 0.1, tMax: 5, after: 'loop' }, false],
  [{ type: 'piecewiseLinear', points: [] }, false],
  [{ type: 'piecewiseLinear', points: [[0, 1, 2]] }, false],
  [{ type: 'chained', schedules: [] }, false],
  [{ type: 'warmup', schedule: { type: 'stp' }, steps: 5 }, false],
  [{ type: 'warmup', schedule: 0.1, steps: 5 }, true],
  [{ type: 'warmup', schedule: { type: 'constant', value: 1 }, steps: 5, inside: true }, true],
])('the schema and the parser agree on %j', (spec, fine) => {
  expect(schema.safeParse(spec).success).toBe(fine)
  const parsed = () => parse(spec)
  if (fine) expect(parsed).not.toThrow()
  else expect(parsed).toThrow(/wanted/)
})
