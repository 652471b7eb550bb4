import type { Findings } from '../analysis/findings.ts'
import type { Settings } from '../factor.ts'
import type { Value } from '../trial.ts'
import { dash, plain } from './number.ts'

/** The factors that the report knows by name; any other is shown as it comes. */
export const rate = 'lr'
export const schedule = 'schedule'
export const normalization = 'normalization'

/** Values are equal when their JSON is. */
export function valueKey(value: Value | undefined): string {
  return JSON.stringify(value ?? null)
}

/** Settings are equal when this is, whatever the order of their names. */
export function identity(settings: Settings, without: readonly string[] = []): string {
  const entries = Object.entries(settings).filter(([name]) => !without.includes(name))
  return valueKey(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** A setting in words: `cosine`, `0.1`, `group, groups 8`. */
export function label(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return plain(value)
  if (value === undefined) return dash
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(label).join(', ')}]`
  const { type, ...rest } = value as { readonly [key: string]: Value }
  const parts = Object.entries(rest).map(([name, part]) => `${name} ${label(part)}`)
  return [...(type === undefined ? [] : [label(type)]), ...parts].join(', ')
}

/** Settings in words: `batch · cosine · lr 0.1`. Normalisation and schedule come first and go without their name. */
export function describeSettings(settings: Settings, without: readonly string[] = []): string {
  const names = [normalization, schedule, ...Object.keys(settings)]
  return [...new Set(names)]
    .filter((name) => Object.hasOwn(settings, name) && !without.includes(name))
    .map((name) => named(name, settings[name]))
    .join(' · ')
}

function named(name: string, value: Value | undefined): string {
  return name === normalization || name === schedule ? label(value) : `${name} ${label(value)}`
}

/** Text that fits beside a chart. */
export function shorten(text: string, length = 24): string {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text
}

/** A factor's values in order, as listed and as tried: numbers from low to high, others as the study lists them. */
export function testedValues({ factors, cells }: Findings, factor: string): readonly Value[] {
  const tried = cells.flatMap(({ settings }) => (Object.hasOwn(settings, factor) ? [settings[factor]!] : []))
  const all = new Map([...(factors[factor] ?? []), ...tried].map((value) => [valueKey(value), value]))
  const values = [...all.values()]
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length === values.length ? numbers.sort((a, b) => a - b) : values
}

/** The normalisations of a study, by label. */
export function normalizationsOf(findings: Findings): readonly string[] {
  return testedValues(findings, normalization).map(label)
}

/** Things by what a function says of them, in order of first appearance. */
export function groupBy<T>(things: readonly T[], name: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const thing of things) {
    const group = groups.get(name(thing))
    if (group) group.push(thing)
    else groups.set(name(thing), [thing])
  }
  return groups
}
