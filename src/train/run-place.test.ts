import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pathExists } from '../disk/inside.ts'
import { loadExperiment } from './experiment-file.ts'
import { checkOwned } from './run-place.ts'

const at = (name: string): string => join(root, name)
const root = mkdtempSync(join(tmpdir(), 'evenstep-place-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a folder that has lost its run.json is no run any longer', () => {
  const lock = (isHeld: boolean) => ({ isHeld, release: () => {} })
  writeFileSync(at('run.json'), '{}')
  checkOwned(root, lock(true))
  expect(() => checkOwned(root, lock(false))).toThrow(
    `${root}: wanted the lock that this run holds, got no lock; somebody removed it while the run trained`,
  )
  rmSync(at('run.json'))
  expect(() => checkOwned(root, lock(true))).toThrow(
    `${root}: wanted the run.json of this run, got none; it was removed while the run trained`,
  )
})

test('what cannot be a path does not exist', () => {
  const names = ['none', 'n\0ne', 'x'.repeat(5000)]
  expect([...names.map((name) => pathExists(at(name))), pathExists(root)]).toEqual([
    false,
    false,
    false,
    true,
  ])
})

test('studies that lead to themselves are no experiment', async () => {
  const study = (experiment: string): string => JSON.stringify({ experiment, factors: { lr: [0.1] } })
  writeFileSync(at('a.json'), study('b.json'))
  writeFileSync(at('b.json'), study('a.json'))
  await expect(loadExperiment(at('a.json'))).rejects.toThrow(
    `${at('a.json')}: wanted the file of an experiment, got a study that leads to itself`,
  )
})
