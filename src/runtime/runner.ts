import { allFinite, type Data } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { nameOf } from '../core/names.ts'
import type { Variable } from '../core/variable.ts'
import { graphNames } from '../onnx/model.ts'
import { type Feeds, feedsOf } from './feeds.ts'
import type { RangeChecks } from './ranges.ts'
import type { Session } from './session.ts'
import type { Traced } from './traced.ts'

/**
 * Runs one step or a loop of K steps, and stores the new values of variables, such as weights.
 *
 * @param turn number of steps that earlier runs took for the same call of the user. @default 0
 * @returns all outputs by name
 */
export type Run = (feeds: Feeds, step: number, turn?: number) => Promise<ReadonlyMap<string, Data>>

/** How a compiled step runs. */
export interface Running {
  readonly ranges: RangeChecks
  /** Whether the caller passes K steps in one call. */
  readonly loop: boolean
  /** Whether a call of the session takes all of them. @default loop */
  readonly looped?: boolean
  /** Returns the error to throw in place of a device's error. */
  readonly explain: (error: unknown, feeds: Feeds, step: number) => Promise<unknown>
}

/** Returns a function that runs a compiled step. If a run throws, no variable has changed. */
export function runner(
  traced: Traced,
  session: Session,
  { ranges, loop, looped = loop, explain }: Running,
): Run {
  return async (feeds, step, turn) => {
    const given = feedsOf(traced, feeds, step, looped)
    ranges.before(given, { step, loop, turn })
    const values = await session.run(given).catch(async (error: unknown) => {
      throw await explain(error, feeds, step)
    })
    ranges.after(values, { step, loop, turn })
    const stored = [...traced.variables].flatMap(([name, { variable, written }]): [Variable, Data][] =>
      written ? [[variable, values.get(graphNames.next(name))!]] : [],
    )
    for (const [variable, data] of stored) if (variable.finite) checkFinite(variable, data)
    for (const [variable, data] of stored) variable.data = data
    return values
  }
}

function checkFinite(variable: Variable, data: Data): void {
  if (allFinite(data)) return
  throw new EvenstepError(
    `${nameOf(variable)}: wanted finite numbers after the run, got NaN or infinity; nothing was changed`,
  )
}

/** Returns the values of each input for step `k`, given the values for `count` steps. */
export function part({ inputs }: Traced, feeds: Feeds, k: number, count: number): Feeds {
  const slices = [...inputs.values()].map(({ name, fixed }) => {
    const data = feeds[name]!
    return [name, fixed ? data : data.slice((k * data.length) / count, ((k + 1) * data.length) / count)]
  })
  return Object.fromEntries(slices)
}
