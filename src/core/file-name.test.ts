import { describe, expect, test } from 'vitest'
import { extendedName, fileNameLike, fileNameOption } from './file-name.ts'

const isName = (name: unknown): boolean => {
  try {
    return fileNameOption.read('study', 'name', name) === name
  } catch {
    return false
  }
}

describe('a name', () => {
  test.each(['digits', 'v1.2', 'lr=0.1', 'Köln 1', '数字', 'a..b', 'console', 'x'.repeat(100)])(
    'may be %s',
    (name) => expect(isName(name)).toBe(true),
  )

  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/x',
    '.hidden',
    'x.',
    'x ',
    ' x',
    'a\nb',
    'a\u0000',
    '\u001b]0;x\u0007',
  ])('may not be %j', (name) => expect(isName(name)).toBe(false))

  test.each(['a\u202eb', '\ud800', 'NUL', 'con', 'com1.txt', 'x'.repeat(101), 'ä'.repeat(51), 7, null])(
    'nor %j',
    (name) => expect(isName(name)).toBe(false),
  )

  test('that is refused is shown', () => {
    expect(() => fileNameOption.read('experiment', 'name', '../x')).toThrow(
      'experiment: wanted name as the name of a folder: at most 100 bytes, no slash or control character, ' +
        'no dot or space at its ends, got "../x"',
    )
  })
})

test.each([
  ['digits', 'digits'],
  ['.hidden', '_hidden'],
  ['..', '__'],
  ['', '_'],
  ['a\nb\\c', 'a_b_c'],
  ['nul', 'nul_'],
  ['ä'.repeat(60), 'ä'.repeat(50)],
])('of a file named %j is %s', (stem, name) => {
  expect(fileNameLike(stem)).toBe(name)
  expect(isName(name)).toBe(true)
})

test('a longer name is no longer than a name', () => {
  expect(extendedName('digits', '-advice')).toBe('digits-advice')
  const name = extendedName('ä'.repeat(50), '-advised')
  expect([name, isName(name)]).toEqual([`${'ä'.repeat(46)}-advised`, true])
})
