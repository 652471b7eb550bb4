import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { resnet20 } from '../examples/resnet20.ts'
import type { Dataset } from '../src/data/index.ts'
import { initialize, summary, variables } from '../src/nn/index.ts'
import * as schedule from '../src/schedule/index.ts'
import { type EpochEvent, type Experiment, run } from '../src/train/index.ts'
import { override } from '../src/train/spec.ts'

// The examples in small: fewer epochs, so a lower mark than the one that each prints.

async function example(name: string): Promise<Experiment> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return (await import(`../examples/${name}.ts`)).default
}

const repository = fileURLToPath(new URL('..', import.meta.url))
const jiti = fileURLToPath(new URL('lib/jiti-cli.mjs', import.meta.resolve('jiti/package.json')))

/** What an example says when it is run as a script. */
const script = (name: string, env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string } =>
  spawnSync(process.execPath, [jiti, `examples/${name}.ts`], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })

/** What the last epoch measured, over so many epochs and a one-cycle of their length. */
async function reached(experiment: Experiment, epochs: number, maxLr: number): Promise<EpochEvent> {
  const { data, batchSize } = experiment
  const totalSteps = Math.floor(epochs * Math.floor((data.train as Dataset).length / batchSize))
  const spec = JSON.stringify(schedule.oneCycle(maxLr, { totalSteps }).spec)
  // One thread: other tests run beside this one, and threads that wait for each other spin.
  const settings = [`steps=${totalSteps}`, `optimizer.lr=${spec}`, 'threads=1']
  let last: EpochEvent | undefined
  for await (const event of run(override(experiment, settings))) {
    if (event.type === 'epoch') last = event
  }
  return last!
}

describe('an example reaches what it should', () => {
  test('a convolutional network on digits', async () => {
    const { validationAccuracy } = await reached(await example('digits-cnn'), 1, 0.1)
    expect(validationAccuracy).toBeGreaterThan(0.98)
  })

  test('an MLP with batch normalization on names', async () => {
    const { validationLoss } = await reached(await example('names-mlp'), 3, 0.005)
    expect(validationLoss).toBeLessThan(2.17)
  })

  test('a recurrent network on names', async () => {
    const { validationLoss } = await reached(await example('names-gru'), 0.7, 0.01)
    expect(validationLoss).toBeLessThan(2.17)
  })

  test('one-dimensional convolutions on signals', async () => {
    const { validationAccuracy } = await reached(await example('signal'), 3, 0.01)
    expect(validationAccuracy).toBeGreaterThan(0.95)
  })

  test('customers who leave, from a table of mixed columns', async () => {
    const { validationAccuracy } = await reached(await example('customers'), 5, 0.02)
    expect(validationAccuracy).toBeGreaterThan(0.8)
  })

  test('houses, by a kind and a price from a plan and a year', async () => {
    const { metrics } = await reached(await example('houses'), 4, 0.02)
    expect(metrics!['kind.accuracy']).toBeGreaterThan(0.9)
    expect(metrics!['price.mae']).toBeLessThan(0.3)
  })

  test('breast masses, by the area under the ROC curve', () => {
    const { stdout } = script('breast-cancer')
    const [, auc, accuracy] = /reached: area under the ROC curve (\S+), accuracy (\S+)\n$/.exec(stdout)!
    expect(Number(auc)).toBeGreaterThan(0.99)
    expect(Number(accuracy)).toBeGreaterThan(0.95)
  })
})

describe('ResNet-20', () => {
  test('has the parameters of the paper, and those of its projections', () => {
    const projections = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    expect(summary(resnet20(), [1, 3, 32, 32]).parameters).toBe(269_722 + projections)
  })

  test('starts as its shortcuts', () => {
    const gammas = [...variables(initialize(resnet20(), 0))].filter(([name]) =>
      /branch\.4\.weight/.test(name),
    )
    expect(gammas).toHaveLength(9)
    for (const [name, { data }] of gammas) expect(new Set(data as Float32Array), name).toEqual(new Set([0]))
  })

  test('says where to get CIFAR-10', () => {
    const { stderr } = script('cifar-resnet20', { CIFAR10: '/no/such/folder' })
    expect(stderr).toContain(
      "cifar-resnet20: wanted CIFAR-10's binary version in /no/such/folder, got no such folder; " +
        'unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, and name its folder: CIFAR10=FOLDER',
    )
  })

  test('trains on files of CIFAR-10', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenstep-'))
    vi.stubEnv('CIFAR10', folder)
    for (const [name, count] of [
      ['data_batch_1', 128],
      ['test_batch', 8],
    ] as const) {
      const bytes = Uint8Array.from({ length: 3073 * count }, (_, i) => (i % 3073 === 0 ? i % 10 : i * i))
      writeFileSync(join(folder, `${name}.bin`), bytes)
    }
    const experiment = override(await example('cifar-resnet20'), ['batchSize=32'])
    const { validationLoss, steps } = await reached(experiment, 1, 0.01)
    expect(steps).toBe(4)
    expect(validationLoss).toBeLessThan(4)
    vi.unstubAllEnvs()
  })
})
