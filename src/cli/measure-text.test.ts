import { expect, test } from 'vitest'
import { measureText } from './measure-text.ts'

const names = ['cat', 'dog', 'bird']

test('a number is one line', () => {
  expect(measureText('loss', 0.25, { classNames: names, width: 12, columns: 80 })).toBe(
    'loss         0.250000\n',
  )
  expect(measureText('auc', null, { classNames: names, width: 12, columns: 80 })).toBe('auc          null\n')
})

test('a list has the names of its classes', () => {
  expect(measureText('f1', [0.5, 0.25, null], { classNames: names, width: 12, columns: 80 })).toBe(
    'f1\n  cat    0.5\n  dog   0.25\n  bird     –\n',
  )
  expect(measureText('f1', [1, 0], { width: 12, columns: 80 })).toBe('f1\n  class 0  1\n  class 1  0\n')
})

test('a confusion matrix is a table with the names of labels and predictions', () => {
  const matrix = [
    [12, 1, 0],
    [3, 140, 0],
    [0, 0, 7],
  ]
  expect(measureText('matrix', matrix, { classNames: names, width: 12, columns: 80 })).toBe(
    [
      'matrix',
      '  columns: predicted classes',
      '  label  cat  dog  bird',
      '  cat     12    1     0',
      '  dog      3  140     0',
      '  bird     0    0     7',
      '',
    ].join('\n'),
  )
})

test('columns of a matrix that would not fit have the numbers of the classes', () => {
  const long = ['a long name', 'another long name', 'yet another one']
  const matrix = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]
  const lines = measureText('matrix', matrix, { classNames: long, width: 12, columns: 40 }).split('\n')
  expect(lines.slice(2)).toEqual([
    '  label                0  1  2',
    '  0 a long name        1  2  3',
    '  1 another long name  4  5  6',
    '  2 yet another one    7  8  9',
    '',
  ])
})

test('of a matrix of many classes, the largest confusions are listed', () => {
  const matrix = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: 40 }, (_, j) => (i === j ? 100 : j === 0 ? i : 0)),
  )
  const lines = measureText('matrix', matrix, { width: 12, columns: 80 }).split('\n')
  expect(lines.slice(0, 4)).toEqual([
    'matrix',
    '  the 10 largest of 39 confusions; --json has all 40 rows',
    '  label     predicted as  value',
    '  class 39  class 0          39',
  ])
  expect(lines).toHaveLength(14)
})
