import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { changesOf, nothingSent, RunList } from './run-list.ts'
import type { ListView } from './views.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-list-'))
afterAll(() => {
  vi.useRealTimers()
  rmSync(root, { recursive: true })
})

const step = (i: number): string =>
  `${JSON.stringify({ type: 'step', epoch: Math.floor(i / 100), step: i, loss: 1 / (i + 1), lr: 0.1 })}\n`
const epoch = (i: number, validationLoss: number): string =>
  `${JSON.stringify({ type: 'epoch', epoch: i, steps: 100 * (i + 1), trainLoss: 1, validationLoss })}\n`

function write(name: string, settings: object, log: string): string {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'run.json'), JSON.stringify({ monitor: 'validationLoss', ...settings }))
  writeFileSync(join(path, 'events.jsonl'), log)
  return path
}

test('the list has what changed since it was sent: states, lengths, differing settings, and the best epoch of a long log', () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  // The best epoch is in the middle of a log that is longer than what is read of it at first.
  const losses = Array.from({ length: 50 }, (_, i) => (i === 20 ? 0.01 : 0.5))
  const long = losses.map(
    (loss, i) => Array.from({ length: 100 }, (_, k) => step(100 * i + k)).join('') + epoch(i, loss),
  )
  write(
    'a',
    { optimizer: { lr: 0.1 }, seed: 1 },
    `{"type":"start","steps":5000}\n${long.join('')}{"type":"end"}\n`,
  )
  const b = write('deeper/b', { optimizer: { lr: 0.2 }, seed: 2 }, `{"type":"start","steps":200}\n${step(0)}`)
  const list = new RunList(root)
  const sent = nothingSent()
  const changes = (): ListView | undefined => {
    list.refresh()
    return changesOf(list, sent)
  }
  const first = changes()!
  expect(first.differing).toEqual(['optimizer.lr'])
  expect(first.runs).toMatchObject([
    {
      id: 'a',
      state: 'ended',
      steps: 5000,
      total: 5000,
      settings: { 'optimizer.lr': '0.1' },
      best: { value: 0.5 },
    },
    { id: 'deeper/b', state: 'stopped', steps: 1, total: 200, losses: [1] },
  ])
  const { losses: drawn } = first.runs[0]!
  expect(drawn).toHaveLength(40)
  expect(drawn).toEqual(drawn.toSorted((x, y) => y! - x!)) // in the order of the steps
  vi.runAllTimers()
  expect(changes()!.runs).toMatchObject([
    { id: 'a', best: { name: 'validationLoss', value: 0.01, goal: 'min' } },
  ])
  expect(changes()).toBe(undefined)
  appendFileSync(join(b, 'events.jsonl'), step(1) + epoch(0, 0.3))
  expect(changes()).toMatchObject({
    isWhole: false,
    runs: [{ id: 'deeper/b', steps: 2, best: { value: 0.3 } }],
  })
  appendFileSync(join(b, 'events.jsonl'), '{"type":"diverged","step":2,"lr":0.2,"message":"x"}\n')
  expect(changes()!.runs).toMatchObject([{ state: 'diverged' }])
})
