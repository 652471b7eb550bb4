import { expect, test } from 'vitest'
import { WorkerLines } from './worker-lines.ts'

const trial = (id: number) => ({ id, settings: { lr: 0.1 }, seed: 4, steps: 10, rung: 0 })

test('each worker has a line with its trial; once trials have ended, a bar shows how long they take', () => {
  let now = 0
  const lines = new WorkerLines(2, () => now)
  lines.begin(trial(1))
  now = 3000
  expect(lines.lines()).toEqual(['worker 1  trial 1 · seed 4 · 3 s · lr 0.1', 'worker 2  waits'])
  lines.begin(trial(2))
  now = 4000
  lines.end(trial(1)) // after 4 s
  lines.begin(trial(3))
  now = 6000
  expect(lines.lines()).toEqual([
    'worker 1  ━━━━━━────── trial 3 · seed 4 · 2 s · lr 0.1',
    'worker 2  ━━━━━━━━━─── trial 2 · seed 4 · 3 s · lr 0.1',
  ])
  now = 60_000
  expect(lines.lines()[0]).toContain('━━━━━━━━━━━━ trial 3 · seed 4 · 56 s')
})

test('of many workers, the first eight have a line', () => {
  const lines = new WorkerLines(64)
  for (let id = 1; id <= 64; id++) lines.begin(trial(id))
  lines.end(trial(20))
  expect(lines.lines()).toHaveLength(8)
})
