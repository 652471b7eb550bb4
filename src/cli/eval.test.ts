import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadExperiment } from '../train/experiment-file.ts'
import { RunFolder } from '../train/index.ts'
import { evalCommand } from './eval.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-eval-'))
afterAll(() => rmSync(root, { recursive: true }))

const file = join(root, 'animals.mjs')
const run = join(root, 'run')
beforeAll(async () => {
  writeFileSync(
    file,
    `import { data, nn, ops, optim, train } from 'evenstep'
const x = Float32Array.from({ length: 24 }, (_, i) => i % 3)
const y = Int32Array.from({ length: 24 }, (_, i) => i % 3)
const animals = data.dataset({ x, y, classNames: ['cat', 'dog', 'bird'] })
export default train.experiment({
  data: { train: animals, validation: animals },
  model: () => new nn.Linear(1, 3),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 0.1 }),
  metrics: { matrix: train.metrics.confusionMatrix() },
  batchSize: 8,
  epochs: 1,
})
`,
  )
  const notes = { origin: { file, settings: [] } }
  const folder = new RunFolder(run, await loadExperiment(file), { notes })
  for await (const _ of folder.events());
  folder.close()
})

async function printed(...args: string[]): Promise<string> {
  const parts: string[] = []
  const write = (text: string): void => void parts.push(text)
  await evalCommand({ write, columns: 80, color: false, isTerminal: false }).parseAsync(args, {
    from: 'user',
  })
  return parts.join('')
}

test('a confusion matrix names the classes of the validation data', async () => {
  const lines = (await printed(run)).split('\n')
  expect(lines[0]).toMatch(/^loss {9}\d\.\d{6}$/)
  expect(lines.slice(2, 5)).toEqual(['matrix', '  columns: predicted classes', '  label  cat  dog  bird'])
  expect(lines.slice(5, 8).map((line) => line.trim().split(/ +/)[0])).toEqual(['cat', 'dog', 'bird'])
})

test('JSON has the matrix as numbers', async () => {
  const { matrix } = JSON.parse(await printed(run, '--json'))
  expect(matrix.flat().reduce((a: number, b: number) => a + b)).toBe(24)
})
