import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chdir, cwd } from 'node:process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { LockedError } from '../core/locked.ts'
import { lockRun } from '../disk/lock.ts'
import { freeFolder, lastFolder, whenUnlocked } from './run.ts'

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

test('the lock of another machine is waited for, until it ends or gives a sign of life', async () => {
  mkdirSync('locked')
  const file = join('locked', 'run.lock-0')
  writeFileSync(file, JSON.stringify({ pid: 7, host: 'node-3', kernel: 'another' }))
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  let attempts = 0
  const open = (second: () => void) => () => {
    if (attempts++ === 1) second()
    return lockRun('locked')
  }
  const ago = Date.now() / 1e3 - 120
  const times = { most: 5000, between: 1 }
  const lock = await whenUnlocked(
    open(() => utimesSync(file, ago, ago)),
    times,
  )
  lock.release()
  const refusal = 'locked: wanted a run that nobody has open, got one that process 7 on node-3 has'
  expect(said.mock.calls).toEqual([[`${refusal}; waiting up to a minute for it to give a sign of life\n`]])
  attempts = 0
  writeFileSync(file, JSON.stringify({ pid: 7, host: 'node-3', kernel: 'another' }))
  const recent = Date.now() / 1e3 - 5
  const living = whenUnlocked(
    open(() => utimesSync(file, recent, recent)),
    times,
  )
  await expect(living).rejects.toThrow(refusal)
  rmSync(file)
  const own = lockRun('locked')
  attempts = 0
  await expect(
    whenUnlocked(
      open(() => {}),
      times,
    ),
  ).rejects.toThrow(LockedError)
  expect([attempts, said.mock.calls.length]).toEqual([1, 2])
  own.release()
  said.mockRestore()
})

test('a file in place of the folder of all runs is named', () => {
  rmSync('runs', { recursive: true })
  writeFileSync('runs', '')
  expect(() => freeFolder('a')).toThrow(
    'runs: wanted to make the folder, got a path that exists already (EEXIST)',
  )
})
