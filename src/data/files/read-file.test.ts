import { expect, test } from 'vitest'
import { FormatError, MachineError } from '../../core/errors.ts'
import { explained } from './read-file.ts'

const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(code), { code, syscall })

test.each([
  [
    'EACCES',
    'open',
    'a.csv: wanted to open it, got no permission (EACCES); change the permissions, or choose another path',
  ],
  ['EIO', 'read', 'a.csv: wanted to read it, got a disk that fails (EIO); check the disk, then repeat'],
  [
    'EMFILE',
    'open',
    'a.csv: wanted to open it, got too many open files in this process (EMFILE); raise the limit (ulimit -n), then repeat',
  ],
])('%s of a file of data is a fault of the machine', (code, syscall, message) => {
  expect(explained('a.csv', systemError(code, syscall))).toEqual(new MachineError(message))
})

test.each([
  ['ENOENT', 'a.csv: wanted a file, got none; check the path'],
  ['EISDIR', 'a.csv: wanted a file, got a folder'],
])('%s is a wrong path', (code, message) => {
  expect(explained('a.csv', systemError(code, 'open'))).toEqual(new FormatError(message))
})

test('other errors are left alone', () => {
  const error = new TypeError('no')
  expect(explained('a.csv', error)).toBe(error)
})
