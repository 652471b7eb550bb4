import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readableJson } from './json.ts'

test('JSON for people says what was meant', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(readableJson(JSON.parse(text)))).toEqual(JSON.parse(text))
    }),
  )
})

test('what fits stands on a line', () => {
  const rates = Array.from({ length: 40 }, (_, i) => i)
  expect(readableJson({ steps: 10, factors: { lr: [0.1, 1], none: {} } })).toBe(
    '{ "steps": 10, "factors": { "lr": [0.1, 1], "none": {} } }',
  )
  expect(
    readableJson({ a: rates, b: [1] })
      .split('\n')
      .slice(0, 3),
  ).toEqual(['{', '  "a": [', '    0,'])
  expect(readableJson({ a: rates, b: [1] })).toMatch(/\n {2}"b": \[1\]\n\}$/)
})
