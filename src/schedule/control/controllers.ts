import { mismatch, unknownName } from '../../core/mismatch.ts'
import type { Controller } from './controller.ts'
import { earlyStopping } from './early-stopping.ts'
import { greedy } from './greedy.ts'
import { reduceOnPlateau } from './plateau.ts'

const controllers: ReadonlyMap<string, (options: object) => Controller> = new Map(
  Object.entries<(options: object) => Controller>({ reduceOnPlateau, greedy, earlyStopping }),
)

/**
 * Returns the controller that a spec describes.
 *
 * @throws {ArgumentError} naming the field, when one is unknown, of the wrong type or out of range
 * @example schedule.parseController({ type: 'reduceOnPlateau', patience: 3 })
 */
export function parseController(spec: unknown): Controller {
  const who = 'schedule.parseController'
  const names = [...controllers.keys()]
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw mismatch(who, 'a spec', spec, "write { type: 'reduceOnPlateau' }")
  }
  const { type, ...options } = spec as { type?: unknown }
  if (typeof type !== 'string') throw mismatch(who, `type as one of ${names.join(', ')}`, type)
  const make = controllers.get(type)
  if (make === undefined) throw unknownName(who, names, type, 'type as ')
  return make(options)
}
