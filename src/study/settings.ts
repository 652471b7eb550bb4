import type { Settings, Value } from './trial.ts'

/** Returns a text for comparing values of a setting: values with the same JSON have the same text. */
export const valueKey = (value: Value | undefined): string => JSON.stringify(value ?? null)

/** Returns a text that is equal for settings with equal paths and values, in any order. */
export const keyOf = (settings: Settings): string =>
  JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Returns only the settings whose paths are in `factors`. */
export const only = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => factors.includes(factor)))

/** Returns the settings except those whose paths are in `factors`. */
export const without = (settings: Settings, factors: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([factor]) => !factors.includes(factor)))

/** Groups items that have the same key; the groups are in the order of their first items. */
export function groupedBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
