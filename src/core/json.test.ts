import { describe, expect, test } from 'vitest'
import { checkDepth } from './json.ts'

const lists = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const objects = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)

describe('JSON that is nested deep', () => {
  test.each([lists, objects])('is refused before anything recurses into it', (nested) => {
    const shallow = nested(500)
    expect(checkDepth('a', shallow)).toBe(shallow)
    for (const depth of [502, 200_000])
      expect(() => checkDepth('a', nested(depth))).toThrow(
        'a: wanted values nested at most 500 deep, got more',
      )
  })
})
