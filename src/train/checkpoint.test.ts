import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { killedRuns } from '../../test/support/killed-runs.ts'
import { Variable } from '../core/variable.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'

const { root, train, metrics, checkpoints, resume } = killedRuns()

describe('a checkpoint that is written while training goes on', () => {
  const path = join(root, 'snapshot')
  const numbers = (value: number): Variable => {
    const variable = new Variable([3])
    variable.data = Float32Array.of(value, value, value)
    return variable
  }

  test('is of the moment it was begun', async () => {
    const [w, m, progress] = [numbers(1), numbers(2), { steps: 3 }]
    const tensors = { model: new Map([['w', w]]), optimizer: new Map([['m', m]]) }
    const writing = writeCheckpoint(path, tensors, { progress, fingerprint: 'x' })
    for (const variable of [w, m]) variable.data = Float32Array.of(0, 0, 0)
    progress.steps = 4
    await writing
    expect(readCheckpoint(path, tensors, 'x')).toEqual({ steps: 3 })
    expect([...w.data, ...m.data]).toEqual([1, 1, 1, 2, 2, 2])
  })

  test('is not there before what it counts on', async () => {
    const tensors = { model: new Map([['w', numbers(1)]]), optimizer: new Map() }
    let flush = (): void => {}
    const log = new Promise<void>((resolve) => {
      flush = resolve
    })
    const late = join(root, 'late')
    const writing = writeCheckpoint(late, tensors, { progress: 0, fingerprint: 'x' }, log)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(late)).toBe(false)
    flush()
    await writing
    expect(existsSync(late)).toBe(true)
  })
})

describe('a damaged checkpoint', () => {
  beforeAll(() => train('whole'))

  const last = (name: string, file: string): string =>
    join(root, name, 'checkpoints', checkpoints(name).at(-1)!, file)
  const damaged = async (name: string, file: string, damage: (path: string) => void): Promise<string> => {
    await train(name, 30)
    const before = checkpoints(name)
    damage(last(name, file))
    const error = await train(name, undefined, resume).then(
      () => 'none',
      (e: Error) => e.message,
    )
    // The one before still loads.
    rmSync(join(root, name, 'checkpoints', before.at(-1)!), { recursive: true })
    await train(name, undefined, resume)
    expect(metrics(name)).toBe(metrics('whole'))
    return error.replace(/step-\d+/, 'step-N')
  }
  const damagedAt = join('step-N', 'model.safetensors')

  test.each<[string, string, (path: string) => void, string]>([
    [
      'truncated',
      'model.safetensors',
      (p) => truncateSync(p, 40),
      `${damagedAt}: wanted the bytes that were written, got others; the file is damaged`,
    ],
    [
      'longer',
      'model.safetensors',
      (p) => appendFileSync(p, 'x'),
      `${damagedAt}: wanted the bytes that were written, got others; the file is damaged`,
    ],
    [
      'no JSON',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":1'),
      `${join('step-N', 'checkpoint.json')}: wanted JSON, got something else; the file is damaged`,
    ],
    [
      'without a field',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":1}'),
      `${join('step-N', 'checkpoint.json')}: wanted fingerprint as a text, got nothing; the file is damaged`,
    ],
    [
      'edited',
      'checkpoint.json',
      (p) => writeFileSync(p, readFileSync(p, 'utf8').replace('"steps":', '"steps":1')),
      `${join('step-N', 'checkpoint.json')}: wanted the JSON that was written, got other JSON; the file is damaged`,
    ],
    [
      'newer',
      'checkpoint.json',
      (p) => writeFileSync(p, '{"format":2}'),
      `${join('step-N', 'checkpoint.json')}: wanted format 1 or older, got 2; use a newer Evenstep`,
    ],
  ])('that is %s is refused, and the one before still loads', async (name, file, damage, message) => {
    expect(await damaged(`damaged-${name}`, file, damage)).toBe(message)
  })

  test('that lacks a file is refused', async () => {
    const message = await damaged('damaged-missing', 'optimizer.safetensors', (p) => rmSync(p))
    expect(message).toMatch(/: wanted a checkpoint, got no optimizer\.safetensors$/)
  })

  test('that is forged is refused, though its sum is right', async () => {
    await train('forged', 6)
    const file = last('forged', 'checkpoint.json')
    const json = readFileSync(file, 'utf8')
    const { steps } = JSON.parse(json).progress.progress
    const forgeries: readonly (readonly [RegExp, string, string])[] = [
      [/"progress":.*?,"fingerprint"/, '"progress":{},"fingerprint"', 'progress as an object, got nothing'],
      [/("progress":\{"steps":)\d+/, '$17', `${steps} steps, got 7`],
      [/"batches":\d+/, '"batches":1e9', 'at most 12 batches of an epoch, got 1000000000'],
      [/"logged":\d+/, '"logged":-5', 'logged as an integer ≥ 0, got -5'],
      [/"control":\[.*?\]/, '"control":[]', 'the states of 1 controllers, got 0'],
    ]
    for (const [pattern, text, wanted] of forgeries) {
      const { sum: _, ...description } = JSON.parse(json.replace(pattern, text))
      writeFileSync(file, JSON.stringify({ ...description, sum: crc32(JSON.stringify(description)) }))
      await expect(train('forged', 1, resume)).rejects.toThrow(
        new RegExp(`checkpoint\\.json: wanted ${wanted}; the file is damaged$`),
      )
    }
  })

  test('half written or half removed is no checkpoint', async () => {
    await train('partial', 5)
    mkdirSync(join(root, 'partial', 'checkpoints', 'step-00000001.old.partial'))
    mkdirSync(join(root, 'partial', 'checkpoints', 'step-99999999.partial'))
    await train('partial', undefined, resume)
    expect(metrics('partial')).toBe(metrics('whole'))
    expect(checkpoints('partial').filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})
