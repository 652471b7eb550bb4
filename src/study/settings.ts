import type { Settings, Value } from './trial.ts'

/** Returns a key of a value: equal JSON has equal keys. */
export const valueKey = (value: Value | undefined): string => JSON.stringify(value ?? null)

/** Returns a key of settings that does not depend on their order. */
export const keyOf = (settings: Settings): string =>
  JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Picks the settings of some factors. */
export const only = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => factors.includes(factor)))

/** Omits the settings of some factors. */
export const without = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => !factors.includes(factor)))

/** Groups items by key, in order of the first appearance of each key. */
export function groupedBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
