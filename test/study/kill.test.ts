import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { random } from '../../src/core/random.ts'
import { trialKey } from '../../src/study/design/design.ts'
import { Database } from '../../src/study/run/database.ts'
import { lockAlone, lockShared, workersLock } from '../../src/study/run/lock.ts'
import { childrenOf, evenstepStudy, eventsOf, logsOf, timeless, toyStudy, trialsOf } from './toy-study.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'evenstep-study-kill-'))
afterAll(() => rmSync(root, { recursive: true }))

const options = `
  factors: { normalization: ['none', 'batch'], schedule: ['cosine', 'wsd'], lr: [0.01, 0.1, 1, 1e4] },
  seeds: 4,
`

test('a study killed 12 times at random moments gives what one gives that was never stopped', async () => {
  const file = toyStudy(root, 'toy.ts', options)
  const [whole, killed] = [join(root, 'whole'), join(root, 'killed')]
  const run = (folder: string, seen?: (out: string, pid: number) => void): ReturnType<typeof evenstepStudy> =>
    evenstepStudy([file, '--out', folder, '--workers', '2', '--json'], seen)
  expect(await run(whole)).toMatchObject({ code: 0, err: '' })

  const moments = random('moments')
  const told: number[] = []
  const kills = { study: 0, group: 0, worker: 0 }
  const kill = async (pid: number, workerFirst: boolean): Promise<void> => {
    if (workerFirst && process.platform === 'linux') {
      while (childrenOf(pid).length === 0) await setTimeout(5)
      await setTimeout(moments.uniform(0, 300))
      process.kill(childrenOf(pid)[0]!, 'SIGKILL')
      kills.worker++
    }
    await setTimeout(moments.uniform(50, 500))
    const alone = moments.uniform() < 0.5
    process.kill(alone ? pid : -pid, 'SIGKILL')
    kills[alone ? 'study' : 'group']++
  }
  for (let round = 0; kills.study + kills.group < 8; round++) {
    expect(round, 'the study is over before it was killed often enough').toBeLessThan(9)
    let begun = false
    const outcome = await run(killed, (out, pid) => {
      if (begun || !out.includes('\n')) return
      begun = true
      void kill(pid, round % 2 === 1)
    })
    expect(outcome.signal, outcome.err).toBe('SIGKILL')
    told.push(
      ...eventsOf(outcome.out).flatMap((event) => (event.type === 'trial' ? [event.finished.id] : [])),
    )
  }
  const last = await run(killed)
  expect([last.code, last.err]).toEqual([0, ''])
  told.push(...eventsOf(last.out).flatMap((event) => (event.type === 'trial' ? [event.finished.id] : [])))

  expect(kills.study).toBeGreaterThan(0)
  expect(kills.group).toBeGreaterThan(0)
  if (process.platform === 'linux') expect(kills.study + kills.group + kills.worker).toBe(12)
  expect(new Set(told).size, 'a trial was run twice').toBe(told.length)
  expect(told.length, 'nothing was left to do').toBeLessThanOrEqual(64)

  const database = new Database(killed)
  const stored = database.finished()
  database.close()
  expect(stored.map(({ id }) => id)).toEqual(Array.from({ length: 64 }, (_, i) => i + 1))
  expect(new Set(stored.map(trialKey)).size).toBe(64)
  expect(timeless(stored)).toEqual(timeless(trialsOf(whole)))
  expect(logsOf(killed)).toEqual(logsOf(whole))
  expect(stored.some(({ result }) => result.status === 'diverged')).toBe(true)
}, 120_000)

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
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000)
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
    require('node:child_process').fork(${JSON.stringify(main)}, ['worker', ...process.argv.slice(1)])
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
  const running = (): boolean => {
    const lock = lockAlone(join(folder, 'study.lock'))
    lock?.release()
    return lock === undefined
  }
  while (!running()) await setTimeout(20)
  await setTimeout(500)
  expect(told).toBe('')
  worker.release()
  expect((await outcome).code).toBe(0)
})
