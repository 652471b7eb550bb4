import { scheduleOrigin } from './kind.ts'
import { isSchedule, type Schedule } from './schedule.ts'
import { endless, type Timing, until } from './timing.ts'

/** Returns when a schedule's values settle; `endless` for one whose lengths are not in steps. */
export function timingOf(schedule: Schedule): Timing {
  const origin = scheduleOrigin(schedule)
  if (origin === undefined) return endless
  const { kind, values } = origin
  const inside = Object.values(values).flat().filter(isSchedule).map(timingOf)
  if (kind.timing) return kind.timing(values, inside)
  const { period } = kind.span?.(values) ?? { period: Number.POSITIVE_INFINITY }
  if (!Number.isFinite(period)) return inside[0] ?? endless
  const isHeld = values.after === 'hold' || values.after === 'throw'
  return isHeld ? { end: period, last: period } : until(period)
}
