import { describe, expect, test } from 'vitest'
import { encoder } from './encoder.ts'

const numeric = { mean: 10, deviation: 2 }
const encoding = {
  format: 1,
  columns: [
    { name: 'age', kind: 'number', ...numeric, fill: 12, indicator: true },
    { name: 'plan', kind: 'category', values: ['free', null, 'pro'] },
  ],
} as const

describe('a row becomes numbers', () => {
  test('standardized, with an indicator of missing ones, and codes of categories', () => {
    const rows = [
      { age: 14, plan: 'free' },
      { age: ' 8 ', plan: 'pro' },
      { age: null, plan: '' },
      { age: 'NA', plan: 'never seen' },
    ]
    const { width, featureNames, categories, encode } = encoder(encoding)
    expect([width, featureNames, categories]).toEqual([3, ['age', 'age missing', 'plan'], [0, 0, 4]])
    expect(Array.from(encode(rows))).toEqual([2, 0, 1, -1, 0, 3, 1, 1, 2, 1, 1, 0])
  })
})
