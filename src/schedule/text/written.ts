import type { Schedule } from '../schedule.ts'
import { parse } from './text.ts'

/** Returns the schedule that an option's plain JSON or text stands for. */
export const writtenSchedule = (source: unknown): Schedule => parse(source)
