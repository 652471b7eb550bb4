import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { Draw } from '../../scripts/fuzz/reader.ts'
import { killStudy, type Victim } from '../../scripts/soak/kill-study.ts'
import { Lab } from '../../scripts/soak/lab.ts'
import { grid } from '../../scripts/soak/subjects.ts'
import { trialKey } from '../../src/study/design/design.ts'
import { Database } from '../../src/study/run/database.ts'
import { holdersOf } from '../../src/study/run/holders.ts'
import { lockShared, workersLock } from '../../src/study/run/lock.ts'
import { childrenOf, evenstepStudy, eventsOf, timeless, toyStudy, trialsOf } from './toy-study.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'evenstep-study-kill-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a study gives what one gives that was never stopped, whatever of it is killed', async () => {
  const lab = new Lab(mkdtempSync(join(root, 'lab-')), main)
  const folder = join(root, 'killed')
  const told: number[] = []
  const killed: Victim[] = []
  const parts = process.platform === 'linux' ? (['worker', 'group'] as const) : (['group'] as const)
  const lives: readonly (readonly Victim[])[] = [['parent'], parts, ['SIGTERM']]
  await killStudy(lab, grid, folder, new Draw('kill'), {
    lives,
    pause: 100,
    tried: (victim) => void killed.push(victim),
    told: (out) =>
      told.push(...eventsOf(out).flatMap((event) => (event.type === 'trial' ? [event.finished.id] : []))),
  })
  expect(killed, 'the study was over before all was killed').toEqual(lives.flat())
  expect(new Set(told).size, 'a trial was run twice').toBe(told.length)

  const database = new Database(folder)
  const stored = database.finished()
  database.close()
  expect(stored.map(({ id }) => id)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
  expect(new Set(stored.map(trialKey)).size).toBe(24)
  expect(timeless(stored)).toEqual(timeless(trialsOf(folder)))
  expect(stored.some(({ result }) => result.status === 'diverged')).toBe(true)
})

test('workers end when their parent is killed', async () => {
  const file = toyStudy(root, 'long.ts', 'factors: { lr: [0.1] }, seeds: 2, steps: 10_000_000,')
  const workers = new Set<number>()
  await evenstepStudy([file, '--out', join(root, 'long'), '--workers', '2', '--json'], async (_, pid) => {
    const logs = (): boolean =>
      ['0001', '0002'].every((name) => existsSync(join(root, 'long', 'trials', name, 'events.jsonl')))
    while (!logs()) await setTimeout(20)
    for (const worker of childrenOf(pid)) workers.add(worker)
    process.kill(pid, 'SIGKILL')
  })
  if (process.platform === 'linux') expect(workers.size).toBe(2)
  for (const pid of workers)
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 60_000)
})

test('a worker whose parent is gone has nothing to complain of', async () => {
  const marker = join(root, 'begun')
  const slow = `
    model: () => ({
      fc: new nn.Linear(20, 2),
      forward(x) {
        require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
        return this.fc.forward(x)
      },
    }),`
  const file = toyStudy(root, 'gone.ts', 'factors: { lr: [0.1] }, seeds: 1, steps: 5,', slow)
  const parent = `
    const { existsSync } = require('node:fs')
    require('node:child_process').fork(${JSON.stringify(main)}, ['run-trials', ...process.argv.slice(1)])
    setInterval(() => existsSync(${JSON.stringify(marker)}) && process.kill(process.pid, 'SIGKILL'), 5)`
  const child = spawn(process.execPath, ['--eval', parent, file, join(root, 'gone.lock')])
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  await new Promise((resolve) => child.on('close', resolve)) // the worker has it open as well
  expect(existsSync(marker)).toBe(true)
  expect(err).toBe('')
})

test('workers of a study that was killed are waited for', async () => {
  const file = toyStudy(root, 'waits.ts', 'factors: { lr: [0.1] }, seeds: 1, steps: 5,')
  const folder = join(root, 'waits')
  mkdirSync(folder)
  const worker = lockShared(workersLock(folder))!
  let told = ''
  const outcome = evenstepStudy([file, '--out', folder, '--json'], (out) => {
    told = out
  })
  while (holdersOf(join(folder, 'study.lock')).length === 0) await setTimeout(20)
  await setTimeout(500)
  expect(told).toBe('')
  worker.release()
  expect((await outcome).code).toBe(0)
})
