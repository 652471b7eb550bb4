import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { isCode, keyOfSources, packSources, readSources, unpackSources, writeSources } from './sources.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-sources-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('the sources of an experiment', () => {
  mkdirSync(join(root, 'a/experiments'), { recursive: true })
  const file = join(root, 'a/experiments/digits.ts')
  writeFileSync(file, `import { width } from '../width.ts'\nimport { nn } from 'evenstep'`)
  writeFileSync(join(root, 'a/width.ts'), 'export const width = 8 // größer')
  writeFileSync(join(root, 'a/unused.ts'), 'process.exit(1)')

  test('are its file and what that imports, and keep their places', () => {
    const sources = readSources(file)
    expect(Object.keys(sources.files)).toEqual(['experiments/digits.ts', 'width.ts'])
    const copy = writeSources(mkdtempSync(join(root, 'copy-')), unpackSources(packSources(sources), 'x'))
    expect(copy).toMatch(/experiments\/digits\.ts$/)
    expect(readFileSync(join(copy, '../../width.ts'), 'utf8')).toBe('export const width = 8 // größer')
    expect(keyOfSources(readSources(copy))).toBe(keyOfSources(sources))
    expect(isCode(sources)).toBe(true)
  })

  test('have another key when a byte or a name changes', () => {
    const sources = readSources(file)
    const { 'width.ts': width, ...rest } = sources.files
    const others = [
      {
        ...sources,
        files: { ...sources.files, 'width.ts': Buffer.from('export const width = 9').toString('base64') },
      },
      { ...sources, files: { ...rest, 'height.ts': width! } },
      { ...sources, entry: 'width.ts' },
    ]
    const keys = [sources, ...others].map(keyOfSources)
    expect(new Set(keys).size).toBe(4)
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  })

  test('of JSON alone run no code', () => {
    const json = join(root, 'digits.json')
    writeFileSync(json, '{}')
    expect(isCode(readSources(json))).toBe(false)
    expect(isCode({ entry: 'a.json', files: { 'a.json': '', 'b.ts': '' } })).toBe(true)
  })

  test('that lead elsewhere, or are damaged, are refused', () => {
    const wrong = [
      { entry: '../a.ts', files: { '../a.ts': '' } },
      { entry: '/a.ts', files: { '/a.ts': '' } },
      { entry: 'a.ts', files: { 'a.ts': '', 'b/../../c.ts': '' } },
      { entry: 'a.ts', files: { 'a.ts': '', 'C:\\c.ts': '' } },
      { entry: 'a.ts', files: {} },
      { entry: 'a.ts', files: { 'a.ts': 5 } },
      null,
    ]
    const packed = [...wrong.map((one) => gzipSync(JSON.stringify(one))), gzipSync('{'), Buffer.from('no')]
    for (const bytes of packed)
      expect(() => unpackSources(bytes, 'study x')).toThrow(
        'study x: wanted the files of its experiment, got something else; repeat evenstep study, which sends them again',
      )
  })
})
