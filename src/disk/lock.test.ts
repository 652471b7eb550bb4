import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import { afterAll, expect, test, vi } from 'vitest'
import { MachineError } from '../core/errors.ts'
import { readInside } from './inside.ts'
import { lockRun } from './lock.ts'

vi.mock('./inside.ts', { spy: true })

const root = mkdtempSync(join(tmpdir(), 'evenstep-lock-'))
afterAll(() => rmSync(root, { recursive: true }))

const folder = (name: string): string => {
  mkdirSync(join(root, name))
  return join(root, name)
}
const refused = (path: string, who: string): string =>
  `${path}: wanted a run that nobody has open, got one that ${who} has; wait, or stop it first`

test('a lock that cannot be read is not taken for one that has ended', () => {
  const path = folder('unreadable')
  const name = join(path, 'run.lock-other')
  writeFileSync(name, '{}')
  utimesSync(name, 0, 0)
  vi.mocked(readInside).mockImplementationOnce(() => {
    throw new MachineError(`${name}: wanted to open it, got too many open files`)
  })
  expect(() => lockRun(path)).toThrow(`${name}: wanted to open it, got too many open files`)
  expect(readdirSync(path)).toEqual(['run.lock-other'])
})

test('a lock is held once, and again after its release, which may come twice', () => {
  const path = folder('once')
  const first = lockRun(path)
  expect(first.isHeld).toBe(true)
  expect(() => lockRun(path)).toThrow(
    `${path}: wanted a run that nobody has open, got one that this process, ${pid} on ${hostname()}, has; close it there first`,
  )
  first.release()
  first.release()
  expect(first.isHeld).toBe(false)
  lockRun(path).release()
  expect(readdirSync(path)).toEqual([])
})

test('a lock ends with its process, though that is killed; of many at once, one gets it', async () => {
  const path = folder('killed')
  const script = `
    const { createJiti } = await import('jiti')
    const source = ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
    const { lockRun } = await createJiti(source).import(source)
    process.stdin.once('data', () => {
      try {
        lockRun(${JSON.stringify(path)})
        console.log('held')
      } catch (error) {
        console.log(error.message)
      }
    })
    setTimeout(() => {}, 60_000)
    console.log('ready')
  `
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  const said = async (): Promise<string[]> =>
    Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()))
  await said()
  const answers = said()
  for (const { stdin } of children) stdin.write('go\n')
  const found = await answers
  const holders = children.filter((_, i) => found[i] === 'held')
  expect(holders.length).toBe(1)
  // A lock's file is empty for a moment, before it names the process.
  const messages = [`process ${holders[0]!.pid} on ${hostname()}`, 'another process'].map((holder) =>
    refused(path, holder),
  )
  for (const text of found) if (text !== 'held') expect(messages).toContain(text)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.map((child) => once(child, 'exit')))
  lockRun(path).release()
  expect(readdirSync(path)).toEqual([])
})

test('a lock of a process that cannot be looked up holds for a minute after its last sign of life', () => {
  const path = folder('elsewhere')
  const file = join(path, 'run.lock-0')
  writeFileSync(file, JSON.stringify({ pid: 7, host: 'node-3', kernel: 'another' }))
  expect(() => lockRun(path)).toThrow(refused(path, 'process 7 on node-3'))
  const old = Date.now() / 1e3 - 120
  utimesSync(file, old, old)
  lockRun(path).release()
  expect(readdirSync(path)).toEqual([])
  writeFileSync(file, '') // a process that was killed while it took the lock
  expect(() => lockRun(path)).toThrow(refused(path, 'another process'))
  utimesSync(file, old, old)
  lockRun(path).release()
})

test.runIf(existsSync('/proc/self/stat'))('a later process with the same id does not hold the lock', () => {
  const path = folder('reused')
  const own = lockRun(path)
  const holder = JSON.parse(readFileSync(join(path, readdirSync(path)[0]!), 'utf8'))
  own.release()
  writeFileSync(join(path, 'run.lock-0'), JSON.stringify({ ...holder, started: '1' }))
  lockRun(path).release()
  expect(readdirSync(path)).toEqual([])
})

test('a folder that cannot be written cannot be locked', () => {
  const path = join(root, 'nowhere')
  expect(() => lockRun(path)).toThrow(`${path}: wanted to open it, got a path that does not exist (ENOENT)`)
})
