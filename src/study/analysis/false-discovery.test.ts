import { expect, test } from 'vitest'
import { falseDiscovery } from './false-discovery.ts'

// statsmodels 0.15, multipletests with fdr_bh and fdr_by.
const p = [0.5, 0.001, 0.039, 0.008, 0.041, 0.042]

test('adjusts p-values by Benjamini and Hochberg', () => {
  const wanted = [0.5, 0.006, 0.0504, 0.024, 0.0504, 0.0504]
  for (const [i, one] of falseDiscovery(p).entries()) expect(one).toBeCloseTo(wanted[i]!, 12)
})

test('adjusts p-values by Benjamini and Yekutieli', () => {
  const wanted = [1, 0.0147, 0.12348, 0.0588, 0.12348, 0.12348]
  for (const [i, one] of falseDiscovery(p, 'any').entries()) expect(one).toBeCloseTo(wanted[i]!, 12)
})

test('adjusts nothing for a single test', () => {
  expect(falseDiscovery([0.03])).toEqual([0.03])
  expect(falseDiscovery([])).toEqual([])
})

test('refuses what is no probability', () => {
  expect(() => falseDiscovery([0.1, 2])).toThrow(
    'falseDiscovery: wanted p as a list of numbers from 0 to 1, got [0.1,2]',
  )
})
