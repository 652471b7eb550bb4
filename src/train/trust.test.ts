import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { relationOf, type Seal, sealOf } from './trust.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-trust-'))
afterAll(() => rmSync(root, { recursive: true }))
const [run, file, helper] = ['run', 'net.ts', 'layers.ts'].map((name) => join(root, name)) as [
  string,
  string,
  string,
]
let seal: Seal

beforeEach(() => {
  rmSync(root, { recursive: true })
  mkdirSync(run, { recursive: true })
  writeFileSync(file, "import { layer } from './layers.js'\nexport default layer\n")
  writeFileSync(helper, 'export const layer = 1\n')
  seal = sealOf(run, file)!
})

describe('a file is trusted', () => {
  test('as it was when it was sealed, also once it is changed back, and when the folder is moved', () => {
    expect(relationOf(run, file, seal)).toBe('own')
    const before = readFileSync(file)
    writeFileSync(file, 'export default 2')
    expect(relationOf(run, file, seal)).toBe('changed')
    writeFileSync(file, before)
    expect(relationOf(run, file, seal)).toBe('own')
    renameSync(run, `${run}-moved`)
    expect(relationOf(`${run}-moved`, file, seal)).toBe('own')
    expect(sealOf(`${run}-moved`, file)).toEqual(seal)
  })

  test('only with what it imports', () => {
    writeFileSync(helper, 'export const layer = 2\n')
    expect(relationOf(run, file, seal)).toBe('changed')
    rmSync(helper)
    expect(relationOf(run, file, seal)).toBe('changed')
  })
})

describe('a file is not trusted', () => {
  test('in a copy of the folder, as an archive makes it, with its times kept or not', () => {
    for (const preserveTimestamps of [true, false]) {
      cpSync(run, `${run}-copy`, { recursive: true, preserveTimestamps })
      expect(relationOf(`${run}-copy`, file, seal)).toBe('foreign')
    }
  })

  test('without a seal, with that of another file or folder, or with its hash alone', () => {
    const evil = join(root, 'evil.ts')
    writeFileSync(evil, readFileSync(file))
    const other = join(root, 'other')
    mkdirSync(other)
    const { sha256 } = sealOf(other, evil)!
    for (const forged of [{}, { sha256 }, { sha256, seal: sha256 }, { ...seal, sha256 }, seal])
      expect(relationOf(run, evil, forged)).toBe('foreign')
    expect(relationOf(other, file, seal)).toBe('foreign')
  })

  test('when the file that stands for the place was written again, or is none', () => {
    writeFileSync(join(run, '.place'), '')
    expect(relationOf(run, file, seal)).toBe('foreign')
    rmSync(join(run, '.place'))
    expect(relationOf(run, file, seal)).toBe('foreign')
    mkdirSync(join(run, '.place'))
    expect(relationOf(run, file, seal)).toBe('foreign')
  })
})

test('JSON needs no seal, since it runs no code', () => {
  expect(sealOf(run, join(root, 'net.json'))).toBeUndefined()
})
