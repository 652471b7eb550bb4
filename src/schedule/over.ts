import { number } from '../core/options.ts'
import { wholeRun } from './length.ts'
import type { Schedule } from './schedule.ts'
import { parse } from './text/text.ts'

const length = number({ above: 0 })

/**
 * Returns a schedule whose lengths are all in steps, for a run of `steps` steps: p % of them are p · steps /
 * 100, not rounded, and `'rest'` is what remains up to the next schedule or the end of the run. A schedule
 * without such lengths is returned unchanged. `train.run` and `Task` do this by themselves.
 *
 * @param source schedule, its spec or its text
 * @throws {ArgumentError} when the lengths do not fit together in such a run
 * @example schedule.format(schedule.over('warmup 5% + cosine 0.1 to 0', 1000)) // 'warmup 50 + cosine 0.1 to 0 over 950'
 */
export function over(source: unknown, steps: number): Schedule {
  length.read('schedule.over', 'steps', steps)
  const schedule = parse(source)
  return schedule.within?.(wholeRun(steps)) ?? schedule
}
