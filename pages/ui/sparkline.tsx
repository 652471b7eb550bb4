import type { JSX } from 'preact'
import { figure } from '../../src/core/text.ts'

const [width, height] = [112, 24]

/** A small curve without axes, for a line of a table; logarithmic if it can be. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): JSX.Element | null {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return null
  const isLog = Math.min(...known) > 0
  const scale = isLog ? Math.log : (value: number): number => value
  const [low, high] = [scale(Math.min(...known)), scale(Math.max(...known))]
  const x = (i: number): string => (1 + (i * (width - 2)) / (values.length - 1)).toFixed(1)
  const y = (value: number): string =>
    (2 + (height - 4) * (1 - (scale(value) - low) / (high - low || 1))).toFixed(1)
  const points = values.flatMap((value, i) => (value === null ? [] : [`${x(i)},${y(value)}`]))
  return (
    <svg class="sparkline" width={width} height={height} role="img">
      <title>{`training loss from ${figure(known[0]!)} to ${figure(known.at(-1)!)}`}</title>
      <polyline points={points.join(' ')} />
    </svg>
  )
}
