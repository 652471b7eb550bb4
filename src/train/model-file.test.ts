import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { killedRuns } from '../../test/support/killed-runs.ts'
import { ToyNet } from '../../test/support/toy.ts'
import { sgd } from '../optim/index.ts'
import { loadWeights } from './load-weights.ts'
import { open } from './open.ts'
import { StoredRun } from './stored-run.ts'

const { root, setup, train, read, resume } = killedRuns()

/** Flips one bit of the last byte of a file. */
function flip(...path: readonly string[]): string {
  const file = join(root, ...path)
  const bytes = readFileSync(file)
  bytes[bytes.length - 2]! ^= 16
  writeFileSync(file, bytes)
  return file
}
const others = 'wanted the bytes that were written, got others; the file is damaged'

/** What a run's weights are loaded for, with and without its experiment. */
const uses = (name: string) => {
  const path = join(root, name)
  const experiment = setup({ epochs: 1 })
  return {
    exported: async () => StoredRun.at({ path })!.exportOnnx(),
    evaluated: async () => StoredRun.at({ path })!.evaluate(experiment.data.validation),
    opened: async () => open(path, { experiment }),
  }
}

describe("a finished run's model with a flipped bit", () => {
  test('is refused wherever the run is loaded, but not where the file is', async () => {
    await train('flipped', undefined, {}, setup({ epochs: 1 }))
    for (const use of Object.values(uses('flipped'))) await expect(use()).resolves.toBeDefined()
    const file = flip('flipped', 'model.safetensors')
    for (const use of Object.values(uses('flipped')))
      await expect(use()).rejects.toMatchObject({ message: `${file}: ${others}`, exitCode: 4 })
    expect(loadWeights(new ToyNet(), file).ignored).toEqual([])
  })

  test('is computed anew when the run is resumed', async () => {
    await train('mended', undefined, {}, setup({ epochs: 1 }))
    const whole = read('mended', 'model.safetensors')
    flip('mended', 'model.safetensors')
    const run = await train('mended', undefined, resume, setup({ epochs: 1 }))
    expect([run.finished, read('mended', 'model.safetensors')]).toEqual([true, whole])
  })

  test('is not noticed in a run of an older version, which wrote no checksum', async () => {
    await train('old', undefined, {}, setup({ epochs: 1 }))
    rmSync(join(root, 'old/model.json'))
    flip('old', 'model.safetensors')
    for (const use of Object.values(uses('old'))) await expect(use()).resolves.toBeDefined()
    expect((await train('old', 0, resume, setup({ epochs: 1 }))).finished).toBe(true)
  })

  test('is refused in a copy, and a damaged checksum is an error of its file', async () => {
    await train('original', undefined, {}, setup({ epochs: 1 }))
    cpSync(join(root, 'original'), join(root, 'copy'), { recursive: true })
    const { exported } = uses('copy')
    const file = join(root, 'copy/model.json')
    writeFileSync(file, '{"format":1,"models":[{"steps":12}]}')
    await expect(exported()).rejects.toThrow(
      `${file}: models[0]: wanted crc32 as an integer ≥ 0, got nothing; the file is damaged`,
    )
    writeFileSync(file, '{')
    await expect(exported()).rejects.toThrow(`${file}: wanted JSON, got something else; the file is damaged`)
    writeFileSync(file, '{"format":2}')
    await expect(exported()).rejects.toThrow(`${file}: wanted format 1, got 2; use a newer Evenstep`)
    cpSync(join(root, 'original/model.json'), file)
    flip('copy', 'model.safetensors')
    await expect(exported()).rejects.toThrow(others)
  })
})

describe('a run that is killed between its checksum and its model', () => {
  test('is not finished, and resumed to the same bytes', async () => {
    const run = await train('whole')
    cpSync(join(root, 'whole'), join(root, 'killed'), { recursive: true })
    rmSync(join(root, 'killed/model.safetensors'))
    expect(run.finished).toBe(true)
    await train('killed', undefined, resume)
    for (const file of ['model.safetensors', 'model.json'])
      expect(read('killed', file)).toEqual(read('whole', file))
  })

  test('while it wrote a second, longer training: the first model is still read until the second is there', async () => {
    await train('longer', undefined, {}, setup({ epochs: 1 }))
    const first = read('longer', 'model.safetensors')
    await train('longer', undefined, resume, setup({ epochs: 2 }))
    const [second, sums] = ['model.safetensors', 'model.json'].map((file) => read('longer', file))
    expect(JSON.parse(String(sums)).models.map(({ steps }: { steps: number }) => steps)).toEqual([12, 24])
    writeFileSync(join(root, 'longer/model.safetensors'), first) // as if killed before it was replaced
    expect(await uses('longer').exported()).toBeDefined()
    const run = await train('longer', undefined, resume, setup({ epochs: 2 }))
    expect([run.finished, read('longer', 'model.safetensors'), read('longer', 'model.json')]).toEqual([
      true,
      second,
      sums,
    ])
  })
})

test('averaged weights of a checkpoint with a flipped bit are refused', async () => {
  const average = { type: 'ema', decay: 0.5 } as const
  const options = { optimizer: sgd({ lr: 0.1, average }), epochs: 1, checkpoints: {} }
  await train('averaged', undefined, {}, setup(options))
  const name = 'checkpoints/step-00000012'
  const stored = () =>
    StoredRun.at({ path: join(root, 'averaged'), checkpoint: join(root, 'averaged', name) })!
  expect(stored().exportOnnx()).toBeDefined()
  flip('averaged', name, 'evaluation.safetensors')
  expect(() => stored().exportOnnx()).toThrow(`${join('step-00000012', 'evaluation.safetensors')}: ${others}`)
  rmSync(join(root, 'averaged', name, 'evaluation.safetensors'))
  expect(stored().refusal).toBe('a checkpoint without the averaged weights of evaluation')
  expect(existsSync(join(root, 'averaged/model.json'))).toBe(true)
})
