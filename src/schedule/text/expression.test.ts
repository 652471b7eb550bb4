import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArgumentError } from '../../core/errors.ts'
import { compileExpression } from './expression.ts'

const value = (text: string, step = 0) => compileExpression(text, ['step'])(step, 0)

test.each<[string, number]>([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['8 / 2 / 2', 2],
  ['7 - 2 - 1', 4],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['2 ^ -1', 0.5],
  ['2 × 3 ÷ 4 − 1', 0.5],
  ['1.5e-3 * .5', 0.00075],
  ['min(3, 2) + max(3, 2)', 5],
  ['sqrt(16) + abs(-1) + floor(2.7)', 7],
  ['exp(log(3))', Math.exp(Math.log(3))],
  ['cos(pi)', -1],
  ['pow(2, 10)', 1024],
  ['1 < 2', 1],
  ['2 <= 1', 0],
  ['1 == 1 ? 5 : 6', 5],
  ['1 != 1 ? 5 : 0 > 1 ? 6 : 7', 7],
  ['1 >= 2 ? 1 : 2 > 1', 1],
])('%s is %d', (text, wanted) => {
  expect(value(text)).toBeCloseTo(wanted, 14)
})

test('the variable is the step', () => {
  expect(value('step / (step + 1)', 3)).toBe(0.75)
})

test.each<[string, string]>([
  ['', "expression: wanted a number, a variable, a function or ( in '', got the end"],
  ['1 +', "expression: wanted a number, a variable, a function or ( in '1 +', got the end"],
  ['1 2', "expression: wanted an operator or the end in '1 2', got 2"],
  ['(1', "expression: wanted ) in '(1', got the end"],
  ['min(1)', "expression: wanted min with 2 arguments in 'min(1)', got )"],
  ['step.x', "expression: wanted an expression of step in 'step.x', got .x"],
  [
    'process',
    "expression: wanted one of step, pi, sqrt, exp, log, cos, floor, abs, min, max, pow in 'process', got process",
  ],
  ["'a'", "expression: wanted an expression of step in ''a'', got 'a'"],
])('%j is refused', (text, message) => {
  expect(() => value(text)).toThrow(new ArgumentError(message))
})

test('deep and long texts are refused, not run out of stack', () => {
  for (const text of ['('.repeat(900), '-'.repeat(900), '2^'.repeat(450), '1?'.repeat(450)]) {
    expect(() => value(text)).toThrow(/wanted at most 100 nested expressions/)
  }
  expect(() => value('1+'.repeat(600))).toThrow(/wanted at most 1000 characters/)
})

test('a text gives a number or an ArgumentError, and reaches nothing but its variables and functions', () => {
  const word = fc.constantFrom(
    'step',
    'pi',
    'min',
    'cos',
    'constructor',
    '__proto__',
    'globalThis',
    'process',
    'require',
    'this',
    'toString',
    'return',
    '(',
    ')',
    '[',
    ']',
    '.',
    ',',
    '`',
    '"',
    '=>',
    '=',
    '+',
    '^',
    '?',
    ':',
    '1',
    '2.5',
    ';',
    '{',
    '}',
    '\\u0061',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
  )
  const allowed = /^(step|pi|sqrt|exp|log|cos|floor|abs|min|max|pow)$/
  fc.assert(
    fc.property(texts, (text) => {
      let result: number
      try {
        result = value(text, 3)
      } catch (error) {
        return error instanceof ArgumentError
      }
      const names = text.replace(/\d+\.?\d*e[+-]?\d+/gi, '').match(/[a-z_]\w*/gi) ?? []
      return typeof result === 'number' && names.every((name) => allowed.test(name))
    }),
    { numRuns: 2000 },
  )
})
