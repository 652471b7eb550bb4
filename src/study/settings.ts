import type { Settings, Value } from './trial.ts'

/** A value as a key: the same for the same JSON. */
export const valueKey = (value: Value | undefined): string => JSON.stringify(value ?? null)

/** Settings as a key, whatever the order in which they are named. */
export const keyOf = (settings: Settings): string =>
  JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))

/** The settings of these factors alone. */
export const only = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => factors.includes(factor)))

/** The settings of all factors but these. */
export const without = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => !factors.includes(factor)))

/** Items in groups by key, in the order in which the keys first appear. */
export function groupedBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
