import { expect, test } from 'vitest'
import { difference, golden } from '../../../test/support/golden.ts'
import { cholesky, dotTo, drawn, logEvidence, type MatrixRows, posterior, solveLower } from './gaussian.ts'

interface Case {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly evidence: number
  readonly at: readonly number[]
  readonly mean: readonly number[]
  readonly covariance: readonly (readonly number[])[]
}

const kernel = (a: number, b: number): number => 1.7 * Math.exp(-0.5 * ((a - b) / 0.5) ** 2) + 0.3 * a * b
const between = (a: readonly number[], b: readonly number[]): MatrixRows =>
  a.map((one) => Float64Array.from(b, (other) => kernel(one, other)))

test.each(golden<Case[]>('gaussian-process'))('agrees with scikit-learn: case %#', (one) => {
  const { x, y, at } = one
  const noisy = between(x, x).map((row, i) => row.map((value, j) => value + (i === j ? 0.04 : 0)))
  const lower = cholesky(noisy)
  const z = solveLower(lower, y)
  expect(logEvidence(lower, z)).toBeCloseTo(one.evidence, 9)
  const { columns, covariance } = posterior(lower, between(at, x), between(at, at))
  const mean = columns.map((column) => dotTo(column, z, z.length))
  expect(difference(mean, one.mean)).toBeLessThan(1e-9)
  for (const [i, row] of covariance.entries()) {
    expect(difference(row.slice(0, i + 1), one.covariance[i]!.slice(0, i + 1))).toBeLessThan(1e-8)
  }
})

test('draws have the mean and the covariance asked for', () => {
  const covariance = [Float64Array.of(4, 0), Float64Array.of(1, 2)]
  const lower = cholesky(covariance)
  expect(Array.from(drawn(Float64Array.of(3, 5), lower, Float64Array.of(1, 0)))).toEqual([5, 5.5])
  const [a, b] = [lower[1]![0]!, lower[1]![1]!]
  expect(a * a + b * b).toBeCloseTo(2, 12)
})

test('a pivot that rounding made negative is taken as the floor', () => {
  const equal = [Float64Array.of(1, 1), Float64Array.of(1, 1 - 1e-16)]
  expect(cholesky(equal)[1]![1]).toBe(1e-6)
})
