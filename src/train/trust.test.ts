import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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
  writeFileSync(join(run, 'run.json'), '{}')
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
  })

  test('in a copy of the folder, as long as the file is untouched', () => {
    cpSync(run, `${run}-copy`, { recursive: true })
    expect(relationOf(`${run}-copy`, file, seal)).toBe('own')
    expect(relationOf(`${run}-copy`, helper, seal)).toBe('foreign')
    writeFileSync(helper, 'export const layer = 2')
    expect(relationOf(`${run}-copy`, file, seal)).toBe('changed')
  })

  test('only with what it imports', () => {
    writeFileSync(helper, 'export const layer = 2\n')
    expect(relationOf(run, file, seal)).toBe('changed')
    rmSync(helper)
    expect(relationOf(run, file, seal)).toBe('changed')
  })
})

describe('a file is not trusted', () => {
  test('when folder and file are copies, as an archive makes them, with their times kept or not', () => {
    for (const preserveTimestamps of [true, false]) {
      cpSync(run, `${run}-copy`, { recursive: true, preserveTimestamps })
      cpSync(file, `${file}.kept`, { preserveTimestamps })
      rmSync(file)
      cpSync(`${file}.kept`, file, { preserveTimestamps })
      expect(relationOf(`${run}-copy`, file, seal)).toBe('foreign')
    }
  })

  test('without a seal, with that of another file or folder, or with its hash alone', () => {
    const evil = join(root, 'evil.ts')
    writeFileSync(evil, readFileSync(file))
    const other = join(root, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'run.json'), '{}')
    const { sha256 } = sealOf(other, evil)!
    for (const forged of [{}, { sha256 }, { sha256, seal: sha256 }, { ...seal, sha256 }, seal])
      expect(relationOf(run, evil, forged)).toBe('foreign')
  })

  test('when the file that stands for the place is another or a link, and the experiment is, too', () => {
    const [place, kept] = [join(run, '.place'), readFileSync(file)]
    writeFileSync(file, kept)
    expect(relationOf(run, file, seal)).toBe('own')
    renameSync(place, `${place}-away`)
    expect(relationOf(run, file, seal)).toBe('foreign')
    symlinkSync(`${place}-away`, place)
    expect(relationOf(run, file, seal)).toBe('foreign')
    rmSync(place)
    writeFileSync(place, '')
    expect(relationOf(run, file, seal)).toBe('foreign')
  })
})

test('JSON needs no seal, since it runs no code', () => {
  expect(sealOf(run, join(root, 'net.json'))).toBeUndefined()
})
