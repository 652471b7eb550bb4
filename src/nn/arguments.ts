import { ArgumentError } from '../core/errors.ts'

/** @throws {ArgumentError} when one of the named sizes is not a positive integer. */
export function sizes(who: string, named: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(named)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ArgumentError(`${who}: wanted ${name} as a positive integer, got ${value}`)
    }
  }
}
