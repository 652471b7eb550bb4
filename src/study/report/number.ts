import { dash, figure, significant } from '../../core/text.ts'
import type { Estimate } from '../analysis/findings.ts'

/** A number in a table, with trailing zeros; a dash if it is missing or not finite. */
export const numeral = (value: number | undefined, digits = 4): string =>
  value === undefined || !Number.isFinite(value) ? dash : typeset(significant(value, digits))

/** A number as it was set: 0.1, 0.003, 64. */
export const plain = (value: number): string => typeset(figure(value, 6))

/** A number with a fixed number of decimals; a dash if it is not finite. */
export const fixed = (value: number, decimals: number): string =>
  Number.isFinite(value) ? typeset(value.toFixed(decimals)) : dash

/** A p-value. */
export function probability(p: number): string {
  if (!Number.isFinite(p)) return dash
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** The ends of an interval; a dash where a single seed gives none. */
export const interval = ({ interval: ends }: Pick<Estimate, 'interval'>, digits = 4): string =>
  ends === undefined ? dash : ends.map((end) => numeral(end, digits)).join(' to ')

/** A number's text with a minus sign in place of the hyphen. */
const typeset = (text: string): string => text.replaceAll('-', '−')
