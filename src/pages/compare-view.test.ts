import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CompareWatch } from './compare-view.ts'
import { findIn } from './found.ts'
import { OpenLogs } from './open-logs.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-compare-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Makes a run whose steps have these losses, in one epoch that ends with a validation loss. */
function write(
  name: string,
  seed: number,
  lr: number,
  losses: readonly number[],
  validationLoss: number,
): void {
  mkdirSync(join(root, name))
  const description = { monitor: 'validationLoss', seed, optimizer: { lr } }
  writeFileSync(join(root, name, 'run.json'), JSON.stringify(description))
  const lines = [
    ...losses.map((loss, step) => ({ type: 'step', epoch: 0, step, loss, lr })),
    { type: 'epoch', epoch: 0, steps: losses.length, trainLoss: 1, validationLoss },
  ]
  writeFileSync(join(root, name, 'events.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

test('runs that differ in their seed alone are one group: their mean, from the least to the greatest, as far as each goes', async () => {
  write('a', 1, 0.1, [4, 2, 1], 0.3)
  write('b', 2, 0.1, [2, 4], 0.5)
  write('c', 1, 0.2, [8, 8, 8], 0.1)
  const found = findIn(root)
  const view = (await new CompareWatch(found, { quantity: 'loss' }, new OpenLogs()).view())!
  expect(view.quantities).toEqual(['loss', 'trainLoss', 'validationLoss'])
  expect(view.differing).toEqual([
    { name: 'optimizer.lr', texts: ['0.1', '0.2'] },
    { name: 'seed', texts: ['1, 2', '1'] },
  ])
  const judge = { name: 'validationLoss', goal: 'min' }
  expect(view.groups).toEqual([
    {
      label: 'A',
      ids: ['a', 'b'],
      curve: { x: [0, 1, 2], y: [3, 3, 1] },
      band: { low: [2, 2, 1], high: [4, 4, 1] },
      best: { ...judge, value: 0.4 },
    },
    { label: 'B', ids: ['c'], curve: { x: [0, 1, 2], y: [8, 8, 8] }, best: { ...judge, value: 0.1 } },
  ])
  const epochs = (await new CompareWatch(found, { quantity: 'validationLoss' }, new OpenLogs()).view())!
  expect(epochs.groups[0]).toMatchObject({ curve: { x: [2], y: [0.4] }, band: { low: [0.3], high: [0.5] } })
})

test('losses of long runs are means over stretches, and nothing is sent again before something changes', async () => {
  write(
    'long',
    1,
    0.3,
    Array.from({ length: 1000 }, (_, i) => i % 8),
    1,
  )
  const watch = new CompareWatch(
    findIn(root).filter(({ id }) => id === 'long'),
    { quantity: 'loss' },
    new OpenLogs(),
  )
  const [group] = (await watch.view())!.groups
  expect(group!.curve.x).toEqual(Array.from({ length: 125 }, (_, i) => 8 * i + 7))
  expect(new Set(group!.curve.y)).toEqual(new Set([3.5]))
  expect(await watch.view()).toBe(undefined)
})
