import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { format } from '../../src/schedule/index.ts'
import { scheduleField, scheduleJsonSchema, scheduleSpec } from '../../src/train/schedule-schema.ts'
import { rows } from './rows.ts'

test('the published schema is up to date: node scripts/schema.mjs && npm run format', () => {
  const published = readFileSync(new URL('../../schema/schedule.json', import.meta.url), 'utf8')
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(scheduleJsonSchema())))
})

test.each(Object.entries(rows))('the schema takes the spec of %s, and its text', (_, { make }) => {
  const schedule = make()
  expect(scheduleSpec.safeParse(schedule.spec).error).toBeUndefined()
  expect(scheduleSpec.safeParse(format(schedule)).success).toBe(true)
  expect(scheduleField.parse(schedule.spec).spec).toEqual(schedule.spec)
})

test('the schema refuses unknown fields, missing ones, and numbers out of range', () => {
  expect(scheduleSpec.safeParse({ type: 'step', initial: 0.1, stepSize: 30, gama: 0.1 }).success).toBe(false)
  expect(scheduleSpec.safeParse({ type: 'step', initial: 0.1 }).success).toBe(false)
  expect(scheduleSpec.safeParse({ type: 'step', initial: 0.1, stepSize: 0 }).success).toBe(false)
  expect(scheduleSpec.safeParse({ type: 'warmup', schedule: { type: 'stp' }, steps: 5 }).success).toBe(false)
  expect(scheduleSpec.safeParse({ type: 'warmup', schedule: 0.1, steps: 5 }).success).toBe(true)
})

test('a field of a file is read as a schedule, or told in the words of the parser', () => {
  expect(scheduleField.parse('cosine 1 to 0 over 10')(5)).toBe(0.5)
  expect(scheduleField.safeParse({ type: 'step', initial: 0.1, stepSize: 0 }).error?.issues[0]?.message).toBe(
    'schedule.step: wanted stepSize > 0, got 0; stepSize is the number of steps between two drops',
  )
})
