import { expect, test } from 'vitest'
import { breastCancer } from '../../src/data/files/breast-cancer.ts'
import { digits10x10 } from '../../src/data/files/digits.ts'
import { names } from '../../src/data/files/names.ts'
import { nextCharacter } from '../../src/data/next-character.ts'
import { moments } from '../../src/data/normalize.ts'

test('breast masses are those that scikit-learn has', () => {
  const set = breastCancer()
  expect([set.length, set.x.shape, set.classNames]).toEqual([569, [30], ['malignant', 'benign']])
  expect(Array.from(set.y.data, Number).filter((label) => label === 0).length).toBe(212)
  expect([set.featureNames![0], set.featureNames![29]]).toEqual(['mean radius', 'worst fractal dimension'])
  // sklearn.datasets.load_breast_cancer().data.mean(0)[[0, 29]]
  const { mean } = moments(set, { per: 'feature' })
  expect([mean[0], mean[29]].map((m) => m!.toFixed(5))).toEqual(['14.12729', '0.08395'])
})

test('names are words of small letters', () => {
  const list = names()
  expect([list.length, list[0], list.at(-1)]).toEqual([32_033, 'emma', 'zzyzx'])
  expect(list.every((name) => /^[a-z]+$/.test(name))).toBe(true)
  const set = nextCharacter(list, { context: 3 })
  expect([set.length, set.x.shape, set.x.dtype, set.classes]).toEqual([228_146, [3], 'int32', 27])
})

test('texts become examples of the next character', () => {
  const { x, y, classNames } = nextCharacter(['ab', 'b'], { context: 2 })
  expect(x.data).toEqual(Int32Array.of(0, 0, 0, 1, 1, 2, 0, 0, 0, 2))
  expect([y.data, classNames]).toEqual([Int32Array.of(1, 2, 0, 2, 0), ['', 'a', 'b']])
  expect(() => nextCharacter(['a'], { context: 0 })).toThrow(
    'nextCharacter: wanted context as a positive integer, got 0',
  )
  expect(() => nextCharacter([], { context: 1 })).toThrow('nextCharacter: wanted at least one text, got []')
})

test('the digits may be images', () => {
  expect(digits10x10({ layout: 'image' }).train.x.shape).toEqual([1, 10, 10])
})
