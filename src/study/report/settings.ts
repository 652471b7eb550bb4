import { dash } from '../../core/text.ts'
import type { Findings } from '../analysis/findings.ts'
import { valueKey } from '../settings.ts'
import type { Settings, Value } from '../trial.ts'
import { plain } from './number.ts'

/** Formats a setting's value for a chart or table: `cosine`, `0.1`, `group, groups 8`; a dash if undefined. */
export function label(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number')
    return Number.isInteger(value) ? plain(value) : plain(Number(value.toPrecision(4)))
  if (value === undefined) return dash
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(label).join(', ')}]`
  const { type, ...rest } = value as { readonly [key: string]: Value }
  const parts = Object.entries(rest).map(([name, part]) => `${name} ${label(part)}`)
  return [...(type === undefined ? [] : [label(type)]), ...parts].join(', ')
}

/**
 * Formats settings for a chart or table: `batch · cosine · lr 0.1`. Normalization and schedule come first, as values
 * only; each other setting has its name before its value.
 *
 * @param without names of settings to leave out
 * @param none text to return when no setting is left
 */
export function describeSettings(settings: Settings, without: readonly string[] = [], none = ''): string {
  const names = ['normalization', 'schedule', ...Object.keys(settings)]
  const parts = [...new Set(names)]
    .filter((name) => Object.hasOwn(settings, name) && !without.includes(name))
    .map((name) => {
      const text = label(settings[name])
      return name === 'normalization' || name === 'schedule' ? text : `${name} ${text}`
    })
  return parts.join(' · ') || none
}

/** Returns all values that a study tried for a factor (a setting that it varies); numbers ascend. */
export function testedValues({ factors, cells }: Findings, factor: string): readonly Value[] {
  const tried = cells.flatMap(({ settings }) => (Object.hasOwn(settings, factor) ? [settings[factor]!] : []))
  const all = new Map([...(factors[factor] ?? []), ...tried].map((value) => [valueKey(value), value]))
  const values = [...all.values()]
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length === values.length ? numbers.sort((a, b) => a - b) : values
}

/** Returns the labels, such as `batch`, of all normalizations that a study tried. */
export const normalizationsOf = (findings: Findings): readonly string[] =>
  testedValues(findings, 'normalization').map(label)
