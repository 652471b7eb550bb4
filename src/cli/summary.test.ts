import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunFolder } from '../train/index.ts'
import { parseExperiment } from '../train/spec.ts'
import { summaryCommand } from './summary.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-summary-'))
afterAll(() => rmSync(root, { recursive: true }))

const digits = {
  data: 'digits10x10',
  model: [['Linear', 100, 10], ['ReLU'], ['BatchNorm1d', 10], ['Linear', 10, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 1000,
  steps: 1,
}
const [file, run] = [join(root, 'digits.json'), join(root, 'run')]
beforeAll(async () => {
  writeFileSync(file, JSON.stringify(digits))
  const notes = { origin: { file, settings: ['normalization=layer'] } }
  const folder = new RunFolder(run, await parseExperiment({ ...digits, normalization: 'layer' }), { notes })
  for await (const _ of folder.events());
  folder.close()
})

async function printed(...args: string[]): Promise<string> {
  const parts: string[] = []
  const write = (text: string): void => void parts.push(text)
  const output = { write, columns: 80, color: false, isTerminal: false }
  await summaryCommand(output).parseAsync(args, { from: 'user' })
  return parts.join('')
}

test('the layers of an experiment are a table for one example', async () => {
  expect(await printed(file)).toBe(`digits · one example, x [1, 100]

layer    kind         output   parameters  FLOPs
(model)  Sequential   [1, 10]           0      0
0        Linear       [1, 10]       1,010  2,010
1        ReLU         [1, 10]           0     10
2        BatchNorm1d  [1, 10]          20     20
3        Linear       [1, 10]         110    210
total                               1,140  2,250
`)
})

test('settings change the model, and JSON has the same rows', async () => {
  const { shape, layers, parameters, flops } = JSON.parse(
    await printed(file, '--set', 'normalization=none', '--json'),
  )
  expect([shape, parameters, flops]).toEqual([[1, 100], 1120, 2230])
  expect(layers.map(({ kind }: { kind: string }) => kind)).toEqual([
    'Sequential',
    'Linear',
    'ReLU',
    'Identity',
    'Linear',
  ])
  expect(layers[1]).toEqual({ name: '0', kind: 'Linear', output: [1, 10], parameters: 1010, flops: 2010 })
})

test('a run is summarized with the settings it was trained with', async () => {
  expect(await printed(run)).toContain('2        GroupNorm   [1, 10]')
})

test('a path that is neither, and an option without use, are refused', async () => {
  await expect(printed(join(root, 'none.ts'))).rejects.toThrow(
    `summary: wanted the file of an experiment or the folder of a run, got ${join(root, 'none.ts')}, which does not exist`,
  )
  await expect(printed(root)).rejects.toThrow(`${root}: wanted the folder of a run, got no run.json in it`)
  await expect(printed(file, '--experiment', file)).rejects.toThrow(
    `summary: wanted --experiment with the folder of a run, got the file ${file}`,
  )
})
