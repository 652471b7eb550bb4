import { mismatch } from '../../core/mismatch.ts'
import { ofType } from '../spec.ts'
import type { Controller } from './controller.ts'
import { earlyStopping } from './early-stopping.ts'
import { greedy } from './greedy.ts'
import { reduceOnPlateau } from './plateau.ts'

const controllers: ReadonlyMap<string, (options: object) => Controller> = new Map(
  Object.entries<(options: object) => Controller>({ reduceOnPlateau, greedy, earlyStopping }),
)

/**
 * Returns the controller described by plain JSON: a `type`, and the options of that type of controller.
 *
 * @throws {ArgumentError} naming a field that is unknown, of the wrong type or out of range
 * @example schedule.parseController({ type: 'reduceOnPlateau', patience: 3 })
 */
export function parseController(spec: unknown): Controller {
  const who = 'schedule.parseController'
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw mismatch(who, 'a spec', spec, "write { type: 'reduceOnPlateau' }")
  }
  const { type, ...options } = spec as { type?: unknown }
  return ofType(who, controllers, type)(options)
}
