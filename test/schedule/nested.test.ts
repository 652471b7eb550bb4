import { describe, expect, test } from 'vitest'
import type { ScheduleSpec } from '../../src/schedule/schedule.ts'
import { fromSpec } from '../../src/schedule/spec.ts'
import { format } from '../../src/schedule/text/format.ts'

const constant: ScheduleSpec = { type: 'constant', value: 0.1 }
const nested = (depth: number, around: (inner: ScheduleSpec) => ScheduleSpec): ScheduleSpec =>
  Array.from({ length: depth }).reduce<ScheduleSpec>(around, constant)

describe('schedules that are nested deep', () => {
  const kinds: readonly ((inner: ScheduleSpec) => ScheduleSpec)[] = [
    (schedule) => ({ type: 'warmup', schedule, steps: 1 }),
    (schedule) => ({ type: 'sequential', schedules: [constant, schedule], milestones: [3] }),
    (schedule) => ({ type: 'sequential', schedules: [schedule, constant], milestones: [3] }),
  ]

  test.each(kinds)('are formatted in time that grows with their length', (around) => {
    const schedule = fromSpec(nested(99, around))
    expect(format(schedule).length).toBeGreaterThan(1000)
    expect(schedule(200)).toBe(0.1)
  })

  test.each(kinds)('beyond 100 levels are refused', (around) => {
    for (const depth of [101, 8000])
      expect(() => fromSpec(nested(depth, around))).toThrow(
        'schedule.parse: wanted schedules nested at most 100 deep, got more',
      )
  })
})
