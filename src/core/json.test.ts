import { describe, expect, test } from 'vitest'
import { checkDepth, faultOf, jsonIn } from './json.ts'

test('JSON may begin with a byte-order mark', () => {
  expect(jsonIn('\ufeff{"a":1}')).toEqual({ a: 1 })
  expect(jsonIn(Buffer.from('\ufeff[1]'))).toEqual([1])
  expect(jsonIn('{"a":1')).toBeUndefined()
})

test('a key that an object has twice is found, also spelled in another way', () => {
  const found = (json: string): string | undefined => {
    expect(jsonIn(json)).toBeDefined()
    return faultOf(json)
  }
  expect(found('{"lr": 0.1, "b": {"lr": 1}, "c": [{"lr": 2}, {"lr": 3}], "d": "lr"}')).toBeUndefined()
  expect(found('{"a\\"": 1, "a": "a:", "a\\\\": ["a", "a"]}')).toBeUndefined()
  expect(found('{"lr": 0.1, "b": {"c": 2}, "lr" \n: 0.01}')).toBe('the key "lr" twice in one object')
  expect(found('[{"a": {"x": 1, "\\u0078": 2}}]')).toBe('the key "x" twice in one object')
  expect(found('{"__proto__": 1, "__proto__": 2}')).toBe('the key "__proto__" twice in one object')
})

test('levels without end are found', () => {
  expect(faultOf('['.repeat(501) + ']'.repeat(501))).toBe('more than 500 levels of lists and objects')
  expect(faultOf('['.repeat(500) + ']'.repeat(500))).toBeUndefined()
})

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
