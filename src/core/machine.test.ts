import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ArgumentError, DamagedError, FormatError, MachineError } from './errors.ts'
import { isMachineFault, machineError } from './machine.ts'

/** An error of the operating system, as Node.js throws it. */
const systemError = (code: string, fields: object = {}): Error =>
  Object.assign(new Error(`${code}: …`), { code, errno: -1, syscall: 'write', ...fields })

const messageOf = (error: unknown, path?: string): string | undefined => machineError(error, path)?.message

describe('a fault of the machine is told in one line', () => {
  test.each<[string, object, string]>([
    ['ENOSPC', {}, 'evenstep: wanted to write, got a full disk (ENOSPC); free some space, then repeat'],
    [
      'ENOSPC',
      { path: 'a' },
      'a: wanted to write it, got a full disk (ENOSPC); free some space, then repeat',
    ],
    [
      'EDQUOT',
      {},
      'evenstep: wanted to write, got a disk quota that is used up (EDQUOT); free some space, then repeat',
    ],
    [
      'EFBIG',
      {},
      'evenstep: wanted to write, got a file beyond the size that is allowed (EFBIG); raise the limit (ulimit -f), then repeat',
    ],
    [
      'EACCES',
      { syscall: 'open', path: 'a/b' },
      'a/b: wanted to open it, got no permission (EACCES); change the permissions, or choose another path',
    ],
    [
      'EROFS',
      { syscall: 'mkdir', path: 'a' },
      'a: wanted to make the folder, got a file system that is read-only (EROFS); choose another path',
    ],
    [
      'EIO',
      { syscall: 'read' },
      'evenstep: wanted to read, got a disk that fails (EIO); check the disk, then repeat',
    ],
    [
      'EMFILE',
      { syscall: 'open', path: 'a' },
      'a: wanted to open it, got too many open files in this process (EMFILE); raise the limit (ulimit -n), then repeat',
    ],
    [
      'EAGAIN',
      { syscall: 'spawn node' },
      'evenstep: wanted to start a process, got no process or thread to spare (EAGAIN); end some, or raise the limit (ulimit -u), then repeat',
    ],
    [
      'EREMOTEIO',
      { path: 'a', dest: 'b', syscall: 'rename' },
      'b: wanted to rename it, got the error EREMOTEIO; check the machine, then repeat',
    ],
    [
      'ERR_FS_FILE_TOO_LARGE',
      { errno: undefined, syscall: undefined },
      'evenstep: wanted to read, got a file too large to read at once (ERR_FS_FILE_TOO_LARGE); split it',
    ],
  ])('%s %j', (code, fields, message) => expect(messageOf(systemError(code, fields))).toBe(message))

  test('of a native library that states only its number', () =>
    expect(messageOf(new Error('Too many open files (os error 24)'))).toBe(
      'evenstep: wanted to read, got too many open files in this process (EMFILE); raise the limit (ulimit -n), then repeat',
    ))

  test('that names the file where the error does not', () =>
    expect(messageOf(systemError('ENOSPC'), 'log')).toMatch(/^log: wanted to write it, got a full disk/))

  test.each<[string, () => unknown]>([
    ['an array', () => new Array(-1)],
    ['numbers', () => new Float64Array(1e15)],
    ['a text', () => 'x'.repeat(2 ** 30)],
    ['the engine', () => raise(new Error('std::bad_alloc'))],
    ['a device', () => raise(new Error('Failed to allocate memory for requested buffer of size 8'))],
  ])('memory for %s', (_, body) =>
    expect(messageOf(errorOf(body), 'a')).toBe(
      'a: wanted more memory, got none; free some, or use smaller sizes, smaller batches or fewer workers',
    ),
  )

  test('from the system itself', () => {
    expect(machineError(errorOf(() => writeFileSync('/dev/full', 'x')))).toBeInstanceOf(MachineError)
    expect(
      messageOf(
        errorOf(() => readFileSync(import.meta.dirname)),
        '.',
      ),
    ).toBe('.: wanted to read it, got a folder where a file should be (EISDIR); check the path')
  })
})

const raise = (error: unknown): never => {
  throw error
}

describe('what is no fault of the machine', () => {
  const overflow = (): Error => {
    const deep = (): number => deep() + 1
    try {
      return new Error(String(deep()))
    } catch (error) {
      return error as Error
    }
  }

  test.each<[string, unknown]>([
    ['a bug', new TypeError('x is not a function')],
    ['a stack that overflows', overflow()],
    ['a range', new RangeError('toFixed() digits argument must be between 0 and 100')],
    ['a slip', new ArgumentError('a')],
    ['a code of Node.js', Object.assign(new Error('a'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['no error', 'ENOSPC'],
  ])('%s', (_, error) => {
    expect(machineError(error)).toBeUndefined()
    expect(isMachineFault(error)).toBe(false)
  })

  test('is told apart by its cause as well', () => {
    expect(isMachineFault(new FormatError('a', { cause: systemError('EIO') }))).toBe(true)
    expect(isMachineFault(new FormatError('a', { cause: new TypeError('b') }))).toBe(false)
    expect(isMachineFault(new DamagedError('a'))).toBe(true)
    expect(isMachineFault(systemError('ENOSPC'))).toBe(true)
  })
})

function errorOf(body: () => unknown): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  throw new Error('wanted an error')
}
