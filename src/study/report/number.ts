import { dash, figure, significant } from '../../core/text.ts'
import type { Estimate } from '../analysis/findings.ts'

/** Formats a number for a table, with trailing zeros; a dash if it is missing or not finite. */
export const numeral = (value: number | undefined, digits = 4): string =>
  value === undefined || !Number.isFinite(value) ? dash : typeset(significant(value, digits))

/** Formats a setting's number without trailing zeros: 0.1, 0.003, 64. */
export const plain = (value: number): string => typeset(figure(value, 6))

/** Formats a number with a fixed number of decimals; a dash if it is not finite. */
export const fixed = (value: number, decimals: number): string =>
  Number.isFinite(value) ? typeset(value.toFixed(decimals)) : dash

/** Formats a p-value. */
export function probability(p: number): string {
  if (!Number.isFinite(p)) return dash
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Formats the ends of an estimate's interval, `0.1 to 0.3`; a dash for the estimate of a single seed. */
export const interval = ({ interval: ends }: Pick<Estimate, 'interval'>, digits = 4): string =>
  ends === undefined ? dash : ends.map((end) => numeral(end, digits)).join(' to ')

/** Replaces the hyphen of a negative number by a minus sign. */
const typeset = (text: string): string => text.replaceAll('-', '−')
