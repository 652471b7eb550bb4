import { dash, figure, significant } from '../../core/text.ts'
import type { Estimate } from '../analysis/findings.ts'

/** Formats a number to `digits` significant digits, keeping trailing zeros; as a dash if missing or not finite. */
export const numeral = (value: number | undefined, digits = 4): string =>
  value === undefined || !Number.isFinite(value) ? dash : typeset(significant(value, digits))

/** Formats a number to at most six significant digits, without trailing zeros: 0.1, 0.003, 64. */
export const plain = (value: number): string => typeset(figure(value, 6))

/** Formats a number with `decimals` digits after the point; as a dash if it is not finite. */
export const fixed = (value: number, decimals: number): string =>
  Number.isFinite(value) ? typeset(value.toFixed(decimals)) : dash

/** Formats a p-value to three decimals; a value below 0.001 as `< 0.001`. */
export function probability(p: number): string {
  if (!Number.isFinite(p)) return dash
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** Formats an estimate's 95 % interval as `0.1 to 0.3`; as a dash if there is none because there was only one seed. */
export const interval = ({ interval: ends }: Pick<Estimate, 'interval'>, digits = 4): string =>
  ends === undefined ? dash : ends.map((end) => numeral(end, digits)).join(' to ')

/** Replaces hyphens, as in negative numbers, by true minus signs. */
const typeset = (text: string): string => text.replaceAll('-', '−')
