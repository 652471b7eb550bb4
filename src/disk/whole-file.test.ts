import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writeOutput, writeOutputParts } from './output-file.ts'
import { replaceFile, writeFlushed, writeWhole } from './whole-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-whole-'))
afterAll(() => rmSync(folder, { recursive: true }))

const isUnix = platform() !== 'win32'

// Memory that nobody touches takes no room, and /dev/null takes no time.
test.runIf(isUnix).each([
  ['one chunk', () => [new Uint8Array(2_240_000_000)]],
  ['several chunks', () => Array.from({ length: 3 }, () => new Uint8Array(800_000_000))],
])('2 GiB and more are written in pieces: %s', async (_, chunks) => {
  await writeFlushed('/dev/null', chunks())
})

test('chunks are written in order, empty ones too', async () => {
  const path = join(folder, 'parts')
  await writeFlushed(path, [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])
  expect([...readFileSync(path)]).toEqual([1, 2, 3])
})

test.runIf(platform() === 'linux')('a full disk is a fault of the machine', async () => {
  const full = '/dev/full: wanted to write it, got a full disk (ENOSPC); free some space, then repeat'
  await expect(writeFlushed('/dev/full', [Uint8Array.of(1)])).rejects.toThrow(full)
  expect(() => writeOutput('/dev/full', 'text')).toThrow(full)
})

/** Yields a text character by character, then throws if it is told why. */
async function* partsOf(text: string, error?: Error): AsyncGenerator<string> {
  yield* text
  if (error) throw error
}

describe('a file that is written again', () => {
  const path = join(folder, 'kept')
  const write = {
    writeWhole: (text: string) => writeWhole(path, text),
    writeOutput: (text: string) => writeOutput(path, text),
    writeOutputParts: (text: string) => writeOutputParts(path, partsOf(text)),
    replaceFile: (text: string) => replaceFile(path, [new TextEncoder().encode(text)]),
  }

  test.each(Object.keys(write) as (keyof typeof write)[])('is whole before and after: %s', async (name) => {
    writeFileSync(path, 'old')
    await write[name]('new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    rmSync(path)
    mkdirSync(join(path, 'full'), { recursive: true }) // cannot be replaced by a file
    await expect((async () => write[name]('new'))()).rejects.toThrow(`${path}: wanted`)
    expect(readdirSync(path)).toEqual(['full'])
    expect(readdirSync(folder).filter((other) => other.includes('partial'))).toEqual([])
    rmSync(path, { recursive: true })
  })
})

describe('an output', () => {
  test.runIf(isUnix)('goes where a link leads, and keeps its permissions', () => {
    const [path, link] = [join(folder, 'private'), join(folder, 'link')]
    writeFileSync(path, 'old')
    chmodSync(path, 0o600)
    symlinkSync(path, link)
    writeOutput(link, 'new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    writeOutput('/dev/null', 'nothing')
  })

  test.runIf(isUnix)('in parts keeps its permissions, and stays as it was when a part fails', async () => {
    const path = join(folder, 'parted')
    writeFileSync(path, 'old')
    chmodSync(path, 0o600)
    await expect(writeOutputParts(path, partsOf('new', new Error('no more')))).rejects.toThrow(/^no more$/)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder).filter((other) => other.includes('partial'))).toEqual([])
    await writeOutputParts(path, partsOf('new'))
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o600])
    await writeOutputParts('/dev/null', partsOf('nothing'))
    await expect(writeOutputParts(join(folder, 'none', 'a.csv'), partsOf(''))).rejects.toThrow(
      'a.csv: wanted a file to write, got a path whose folder does not exist',
    )
  })

  test('needs a folder, and does not take its place', () => {
    const path = join(folder, 'none', 'a.onnx')
    expect(() => writeOutput(path, '')).toThrow(
      `${path}: wanted a file to write, got a path whose folder does not exist`,
    )
    expect(() => writeOutput(folder, '')).toThrow(`${folder}: wanted a file to write, got a folder`)
  })
})
