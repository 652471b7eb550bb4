import { mismatch } from '../core/mismatch.ts'
import { nameOf } from '../core/names.ts'

/** @throws {ArgumentError} when one of the named sizes is not a positive integer. */
export function sizes(who: string, named: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(named)) {
    if (!Number.isInteger(value) || value < 1) {
      throw mismatch(who, `${name} as a positive integer`, value)
    }
  }
}

/** @throws {ArgumentError} when `eps` is not a positive number. */
export function positive(who: string, eps: number): void {
  if (!(eps > 0 && eps < Number.POSITIVE_INFINITY)) {
    throw mismatch(who, 'eps as a positive number', eps)
  }
}

/** How messages call a layer: `fc1 (Linear)` in a model, `Linear` outside one. */
export const called = (layer: object, kind: string): string =>
  nameOf(layer) ? `${nameOf(layer)} (${kind})` : kind
