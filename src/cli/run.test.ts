import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chdir, cwd } from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freeFolder, lastFolder } from './run.ts'

const [root, before] = [mkdtempSync(join(tmpdir(), 'evenstep-runs-')), cwd()]
beforeAll(() => chdir(root))
afterAll(() => {
  chdir(before)
  rmSync(root, { recursive: true })
})

test('a free folder is made as it is found, so that nobody else finds it', () => {
  expect([freeFolder('a'), freeFolder('a'), freeFolder('b')]).toEqual(
    ['a-1', 'a-2', 'b-1'].map((name) => join('runs', name)),
  )
  expect(readdirSync('runs')).toEqual(['a-1', 'a-2', 'b-1'])
})

test('the last folder is the one with the greatest number', () => {
  for (const name of ['c-2', 'c-10', 'c-', 'c-1e3', 'c-x', 'c-0x20']) mkdirSync(join('runs', name))
  expect(lastFolder('c')).toBe(join('runs', 'c-10'))
  expect(() => lastFolder('none')).toThrow(
    '--resume: wanted a run of none in runs, got none; name it with --out',
  )
})

test('a file in place of the folder of all runs is named', () => {
  rmSync('runs', { recursive: true })
  writeFileSync('runs', '')
  expect(() => freeFolder('a')).toThrow(
    'runs: wanted to make the folder, got a path that exists already (EEXIST)',
  )
})
