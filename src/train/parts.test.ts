import { expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { parseCsv } from '../data/index.ts'

const rows = (head: string, kinds: readonly string[]) =>
  parseCsv(`${head},kind\n${kinds.map((kind, i) => `${i},${i % 2},${kind}`).join('\n')}\n`, 'a.csv', {
    label: 'kind',
  })
const train = rows('a,b', ['no', 'yes', 'no', 'yes'])

test('parts with the same names of classes and features make an experiment', () => {
  const validation = rows('a,b', ['yes', 'no'])
  expect(() => toy({ data: { train, validation, test: validation } })).not.toThrow()
})

test('parts with other names are refused, since their labels or columns mean something else', () => {
  const same = rows('a,b', ['yes', 'no'])
  expect(() => toy({ data: { train, validation: rows('a,b', ['x', 'yes']) } })).toThrow(
    'experiment: wanted class 0 of the validation data to be that of the training data, no, got "x"; give all parts the same classNames',
  )
  expect(() => toy({ data: { train, validation: same, test: rows('a,b', ['no', 'yes', 'z']) } })).toThrow(
    'experiment: wanted class 2 of the test data to be that of the training data, none, got "z"; give all parts the same classNames',
  )
  expect(() => toy({ data: { train, validation: rows('b,a', ['yes', 'no']) } })).toThrow(
    'experiment: wanted feature 0 of the validation data to be that of the training data, a, got "b"; give all parts the same features',
  )
})
