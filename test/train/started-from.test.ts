import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dataset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { experiment, loadWeights, RunFolder, writeSafetensors } from '../../src/train/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-started-'))
afterAll(() => rmSync(folder, { recursive: true }))

const source = dataset({ x: Float32Array.of(1, 2, 3, 4), y: Int32Array.of(0, 1), shape: [2], classes: 2 })
const file = join(folder, 'body.safetensors')
const write = (seed: number): void =>
  writeFileSync(
    file,
    writeSafetensors(nn.variables(nn.initialize(new nn.Sequential(new nn.Linear(2, 2)), seed))),
  )
const given = (epochs: number, loads = true) =>
  experiment({
    data: { train: source, validation: source },
    model: () => {
      const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2))
      if (loads) loadWeights(model, file, { only: '0' })
      return model
    },
    loss: crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 2,
    epochs,
  })

async function train(path: string, epochs: number, { loads = true, resume = false } = {}): Promise<void> {
  const run = new RunFolder(path, given(epochs, loads), { resume })
  try {
    for await (const _ of run.events());
  } finally {
    run.close()
  }
}

test('a run records the weights that it started from, and is not resumed from others', async () => {
  const path = join(folder, 'run')
  write(0)
  await train(path, 1)
  const { startedFrom, weightFiles } = JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'))
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
  expect(startedFrom).toMatch(/^[0-9a-f]{32}$/)
  expect(weightFiles).toEqual([{ file: 'body.safetensors', sha256 }])
  await train(path, 2, { resume: true })
  write(1)
  await expect(train(path, 3, { resume: true })).rejects.toThrow('other weights to start from')
  await expect(train(path, 3, { resume: true, loads: false })).rejects.toThrow(
    'other weights to start from; change it back, or begin another run',
  )
})

test('weights that follow from the seed are not recorded', async () => {
  const path = join(folder, 'random')
  write(0)
  await train(path, 1, { loads: false })
  expect(readFileSync(join(path, 'run.json'), 'utf8')).not.toContain('startedFrom')
  await expect(train(path, 2, { resume: true })).rejects.toThrow('other weights to start from')
})
