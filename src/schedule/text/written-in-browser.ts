import { mismatch } from '../../core/mismatch.ts'
import type { Schedule } from '../schedule.ts'

/**
 * Refuses an option's plain JSON or text: all types of schedules, which it may name, would be in every page.
 *
 * @throws {ArgumentError} always.
 */
export function writtenSchedule(source: unknown): Schedule {
  const fix = 'in a browser write schedule.parse(…) around a text or plain JSON'
  throw mismatch('schedule', 'a number or a schedule', source, fix)
}
