import { execFileSync } from 'node:child_process'
import { constants, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkInside, openInside, readInside, refuseLinks } from './inside.ts'
import { linesInside } from './lines.ts'
import { replaceFile, writeWhole } from './whole-file.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-inside-'))
afterAll(() => rmSync(root, { recursive: true }))

const at = (name: string): string => join(root, name)
writeFileSync(at('outside'), 'secret')
mkdirSync(at('folder'))

describe.skipIf(platform() === 'win32')('a symbolic link inside a folder', () => {
  symlinkSync(at('outside'), at('link'))
  symlinkSync(at('nothing'), at('dangling'))
  const refusal = (name: string): string =>
    `${at(name)}: wanted a file, got a symbolic link; links inside the folder of a run are not followed`

  test.each(['link', 'dangling'])('is not followed: %s', (name) => {
    expect(() => readInside(at(name))).toThrow(refusal(name))
    expect(() => openInside(at(name), constants.O_RDWR | constants.O_CREAT)).toThrow(refusal(name))
    expect(() => [...linesInside(at(name))]).toThrow(refusal(name))
    expect(() => checkInside(at(name))).toThrow(refusal(name))
    expect(() => checkInside(at(name), 'a folder')).toThrow('wanted a folder, got a symbolic link')
  })

  test('is replaced, where a file is written', async () => {
    for (const name of ['a', 'b']) symlinkSync(at('outside'), at(`${name}.partial`))
    symlinkSync(at('outside'), at('a'))
    writeWhole(at('a'), 'new')
    await replaceFile(at('b'), [new TextEncoder().encode('new')])
    expect([at('a'), at('b'), at('outside')].map((path) => readFileSync(path, 'utf8'))).toEqual([
      'new',
      'new',
      'secret',
    ])
  })

  test('is refused in the folder of a study, unless nothing there opens it', () => {
    mkdirSync(at('study'))
    symlinkSync(at('outside'), join(at('study'), 'notes.txt'))
    refuseLinks(at('study'))
    symlinkSync(at('folder'), join(at('study'), 'trials'))
    expect(() => refuseLinks(at('study'))).toThrow(
      `${join(at('study'), 'trials')}: wanted a folder, got a symbolic link`,
    )
    rmSync(join(at('study'), 'trials'))
    symlinkSync(at('outside'), join(at('study'), 'study.db-wal'))
    expect(() => refuseLinks(at('study'))).toThrow(refusal(join('study', 'study.db-wal')))
    rmSync(join(at('study'), 'study.db-wal'))
    execFileSync('mkfifo', [join(at('study'), 'study.lock')])
    expect(() => refuseLinks(at('study'))).toThrow(
      `${join(at('study'), 'study.lock')}: wanted a file, got a device`,
    )
  })

  test('nor is a pipe waited for', () => {
    execFileSync('mkfifo', [at('pipe')])
    expect(() => readInside(at('pipe'))).toThrow(`${at('pipe')}: wanted a file, got a device`)
  })
})

test('a file is read, a folder refused, and what does not exist is undefined', () => {
  expect(new TextDecoder().decode(readInside(at('outside')))).toBe('secret')
  expect(() => readInside(at('folder'))).toThrow(`${at('folder')}: wanted a file, got a folder`)
  expect(() => checkInside(at('outside'), 'a folder')).toThrow(
    `${at('outside')}: wanted a folder, got a file`,
  )
  expect([readInside(at('none')), checkInside(at('none'))]).toEqual([undefined, false])
})

describe('lines', () => {
  const lines = (text: string): string[] => {
    writeFileSync(at('lines'), text)
    return [...linesInside(at('lines'))]
  }

  test('are those of the text, however the pieces are cut', () => {
    const long = 'ä'.repeat(300_000)
    for (const all of [[], ['a'], ['', 'b', ''], [long, long, 'c'], ['x', long]])
      for (const end of ['', '\n']) {
        const text = all.join('\n') + (all.length > 0 ? end : '')
        expect(lines(text)).toEqual(text === '' ? [] : text.replace(/\n$/, '').split('\n'))
      }
  })

  test('without an end are refused before they fill memory', () => {
    expect(() => lines('x'.repeat(2 ** 26 + 300_000))).toThrow(
      `${at('lines')}: wanted lines of at most 67108864 bytes, got one that is longer; the file is damaged`,
    )
  })
})
