import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import { describe, expect, test } from 'vitest'
import { killedRuns } from '../../test/support/killed-runs.ts'
import { clouds, ToyNet } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import type * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { describe as described } from './description.ts'
import type { ExperimentOptions } from './experiment.ts'
import { RunFolder } from './run-folder.ts'
import { taskOf } from './train.ts'

const { root, setup, train, read, metrics, checkpoints, resume } = killedRuns()

describe('a run folder', () => {
  test('says what was asked for, and what happened, a step a line', async () => {
    await train('plain', undefined, { notes: { versions: { evenstep: '1' } } })
    expect(JSON.parse(read('plain', 'run.json').toString())).toMatchObject({
      batchSize: 8,
      seed: 0,
      loss: 'crossEntropy',
      optimizer: { type: 'sgd', lr: { type: 'constant', value: 0.1 }, momentum: 0.9 },
      control: [{ type: 'reduceOnPlateau', patience: 0 }],
      model: { 'fc1.weight': [8, 2], 'bn.num_batches_tracked': [] },
      data: { train: { length: 100, x: [2], classes: 3 } },
      versions: { evenstep: '1' },
    })
    const lines = read('plain', 'events.jsonl')
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter((l) => l.type === 'step').map((l) => l.step)).toEqual(
      Array.from({ length: 48 }, (_, i) => i),
    )
    expect(lines.map((l) => l.type).filter((t) => t !== 'step')).toEqual([
      'start',
      ...Array(4).fill('epoch'),
      'end',
    ])
  })

  test('resumed from anywhere writes the bytes of a run that was never stopped', async () => {
    await train('whole')
    for (let stop = 1; stop < 20; stop++) {
      const name = `stopped-${stop}`
      await train(name, stop)
      await train(name, 2, resume)
      await train(name, undefined, resume)
      expect(metrics(name)).toBe(metrics('whole'))
      expect(read(name, 'model.safetensors')).toEqual(read('whole', 'model.safetensors'))
      for (const file of ['model.safetensors', 'optimizer.safetensors']) {
        const last = join('checkpoints', checkpoints('whole').at(-1)!, file)
        expect(read(name, last)).toEqual(read('whole', last))
      }
    }
  })

  test('keeps the last checkpoints and the best one', async () => {
    const found = checkpoints('whole')
    const epochs = metrics('whole')
      .split('\n')
      .filter((l) => l.includes('"epoch"'))
      .flatMap((l) => {
        const event = JSON.parse(l.replace(/,}$/, '}'))
        return event.type === 'epoch' ? [event] : []
      })
    const best = epochs.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a))
    expect(found).toContain(`step-${String(best.steps).padStart(8, '0')}`)
    expect(found).toContain('step-00000048')
    expect(found.length).toBeLessThanOrEqual(3)
  })

  test('saved again at the end of an epoch keeps its score', async () => {
    const folder = new RunFolder(join(root, 'again'), setup({ epochs: 2, checkpoints: {} }))
    for await (const event of folder.events()) if (event.type === 'epoch') break
    const file = join('checkpoints', checkpoints('again').at(-1)!, 'checkpoint.json')
    const before = read('again', file)
    await folder.save()
    folder.close()
    expect(JSON.parse(before.toString()).score).toBeGreaterThan(0)
    expect(read('again', file)).toEqual(before)
  })

  test('a finished run that is resumed stays as it is, and may be given more epochs', async () => {
    await train('more', undefined, {}, setup({ epochs: 2 }))
    await train('more', undefined, resume)
    expect(read('more', 'model.safetensors')).toEqual(read('whole', 'model.safetensors'))
  })

  test('refuses a folder with a run, and one without', async () => {
    await expect(train('whole')).rejects.toThrow(
      `${join(root, 'whole')}: wanted a new folder, got one with a run; resume it, or choose another`,
    )
    await expect(train('nowhere', 1, resume)).rejects.toThrow(
      `${join(root, 'nowhere')}: wanted a run to resume, got no such folder`,
    )
  })

  test('killed before it had written anything begins', async () => {
    mkdirSync(join(root, 'empty'))
    await train('empty', undefined, resume)
    expect(metrics('empty')).toBe(metrics('whole'))
  })

  test('refuses a model or a loss that computes something else, by graphs that say nothing of machines', async () => {
    class Net extends ToyNet {
      override forward(x: Tensor, mode: nn.Mode): Tensor {
        return this.fc2.forward(this.bn.forward(ops.tanh(this.fc1.forward(x)), mode))
      }
    }
    const versions = { evenstep: '1.0.0' }
    await train('graph', 8, { notes: { versions } })
    const other = (changes: Partial<ExperimentOptions>, evenstep = '1.0.0') =>
      train('graph', 1, { ...resume, notes: { versions: { evenstep } } }, setup(changes))
    const refusal =
      `${join(root, 'graph')}: wanted the experiment of this run, got a model or a loss that computes something else; ` +
      'change it back, or begin another run'
    await expect(other({ model: () => new Net() })).rejects.toThrow(refusal)
    const crossEntropy = (output: Tensor, y: Tensor): Tensor => ops.mul(ops.crossEntropy(output, y), 2)
    Object.defineProperty(crossEntropy, 'name', { value: ops.crossEntropy.name })
    await expect(other({ loss: crossEntropy })).rejects.toThrow(refusal)
    await other({ loss: crossEntropy }, '1.0.1') // may make other graphs of the same
    await other({})
    const graphOf = (changes: Partial<ExperimentOptions>): unknown => {
      const one = setup(changes)
      return described(one, taskOf(one)).graph
    }
    const graph = graphOf({})
    expect(graph).toBe(JSON.parse(read('graph', 'run.json').toString()).graph)
    expect(graphOf({ seed: 3 })).toBe(graph)
    expect(graphOf({ threads: 2 })).toBe(graph)
    expect(graphOf({ device: 'wasm' })).toBe(graph)
    expect(graphOf({ batchSize: 16 })).not.toBe(graph)
  })

  test('refuses another experiment, other data, and a damaged description', async () => {
    await train('same', 8)
    const other = (changes: Partial<ExperimentOptions>) => train('same', 1, resume, setup(changes))
    await expect(other({ batchSize: 16 })).rejects.toThrow(
      `${join(root, 'same')}: wanted the experiment of this run, got batchSize 16 where it was 8`,
    )
    const { train: examples, validation } = clouds()
    ;(examples.x.data as Float32Array)[0]! += 1
    await expect(other({ data: { train: examples, validation } })).rejects.toThrow(
      'wanted the data that the run began with, got other data; resume with the same files',
    )
    writeFileSync(join(root, 'same', 'run.json'), '{')
    await expect(other({})).rejects.toThrow('run.json: wanted JSON, got something else; the file is damaged')
  })
})

test.each([4, Number.POSITIVE_INFINITY])(
  'a checkpoint that cannot be written is an error of the run, left after %d events',
  async (stop) => {
    const name = `failing-${stop}`
    const run = new RunFolder(join(root, name), setup())
    const folder = join(root, name, 'checkpoints')
    const events = async (first: () => void) => {
      let seen = 0
      for await (const _ of run.events()) {
        if (++seen === 1) first()
        if (seen >= stop) break
      }
    }
    const block = (): void => writeFileSync(folder, 'not a folder')
    await expect(events(block)).rejects.toThrow(`${folder}: wanted a folder, got a file`)
    rmSync(folder)
    await events(() => {}) // goes on where it was
    run.close()
  },
)

describe('a run whose loop is left', () => {
  test('goes on in another, with the log of one that was never left', async () => {
    const run = new RunFolder(join(root, 'left'), setup())
    for (let stop = 1; !run.finished; stop++) {
      let seen = 0
      for await (const _ of run.events()) if (++seen > stop) break
      if (stop === 3) await run.save()
    }
    for await (const _ of run.events()); // ended, and stays so
    run.close()
    expect(metrics('left')).toBe(metrics('whole'))
    expect(read('left', 'model.safetensors')).toEqual(read('whole', 'model.safetensors'))
  })

  test.runIf(existsSync('/proc/self/fd'))('leaves no file open', async () => {
    const opened = (): number => readdirSync('/proc/self/fd').length
    const before = opened()
    for (let i = 0; i < 3; i++) {
      const run = new RunFolder(join(root, `open-${i}`), setup())
      for await (const _ of run.events()) break
    }
    expect(opened()).toBe(before)
  })

  test('is closed once, and is over then', async () => {
    const run = new RunFolder(join(root, 'closed'), setup())
    const two = run.events()
    await two.next()
    await expect(run.events().next()).rejects.toThrow(
      'RunFolder: wanted one loop over events() at a time, got two',
    )
    run.close()
    run.close()
    const closed = `${run.path}: wanted a run that is open, got one after close(); resume it`
    await expect(two.next()).rejects.toThrow(closed)
    await expect(run.events().next()).rejects.toThrow(closed)
    await expect(run.save()).rejects.toThrow(closed)
  })
})

describe('a run folder under a run', () => {
  const until = async (name: string, damage: (path: string) => void): Promise<unknown> => {
    const run = new RunFolder(join(root, name), setup())
    let seen = 0
    const error = await (async () => {
      for await (const _ of run.events()) if (++seen === 2) damage(run.path)
    })().catch((e: Error) => `${e.name}: ${e.message}`)
    expect(existsSync(join(run.path, 'model.safetensors'))).toBe(false)
    run.close()
    return error
  }

  test('that is removed is noticed, and not made anew', async () => {
    const path = join(root, 'removed')
    expect(await until('removed', (folder) => rmSync(folder, { recursive: true }))).toBe(
      `MachineError: ${path}: wanted the folder of this run, got none; it was removed while the run trained`,
    )
    expect(existsSync(path)).toBe(false)
  })

  test('that is replaced is noticed', async () => {
    const copy = (folder: string): void => {
      cpSync(folder, `${folder}-copy`, { recursive: true })
      renameSync(folder, `${folder}-old`)
      renameSync(`${folder}-copy`, folder)
    }
    expect(await until('replaced', copy)).toBe(
      `MachineError: ${join(root, 'replaced')}: wanted the folder of this run, got another; it was replaced while the run trained`,
    )
    expect(await until('log', (folder) => rmSync(join(folder, 'events.jsonl')))).toMatch(
      /got none; it was removed/,
    )
    expect(await until('cut', (folder) => truncateSync(join(folder, 'events.jsonl'), 5))).toMatch(
      /^DamagedError: .*events\.jsonl: wanted the \d+ bytes that the run has logged, got \d+; the file is damaged$/,
    )
  })

  test('is locked: by a second run there, too', async () => {
    const run = new RunFolder(join(root, 'locked'), setup())
    const taken = `${run.path}: wanted a run that nobody has open, got one that this process, ${pid} on ${hostname()}, has; close it there first`
    for (const resume of [true, false])
      expect(() => new RunFolder(run.path, setup(), { resume })).toThrow(taken)
    for await (const _ of run.events()) break
    run.close()
    await train('locked', undefined, resume)
    expect(metrics('locked')).toBe(metrics('whole'))
    expect(readdirSync(run.path).filter((name) => name.includes('lock'))).toEqual([])
  })

  test('without run.json is refused, whatever else it has', async () => {
    await train('headless', 20)
    rmSync(join(root, 'headless', 'run.json'))
    for (const part of ['checkpoints', 'events.jsonl', 'model.safetensors']) {
      const got = `got one with ${part} but no run.json`
      await expect(train('headless')).rejects.toThrow(`: wanted a new folder, ${got}; choose another`)
      await expect(train('headless', 1, resume)).rejects.toThrow(
        `: wanted a run to resume, ${got}; begin another elsewhere`,
      )
      rmSync(join(root, 'headless', part), { recursive: true })
    }
    await train('headless', 1)
  })
})

test('a log that is shorter than the checkpoint knows is refused', async () => {
  await train('short', 12)
  const log = join(root, 'short', 'events.jsonl')
  truncateSync(log, 10)
  await expect(train('short', undefined, resume)).rejects.toThrow(
    /events\.jsonl: wanted the \d+ bytes that the last checkpoint covers, got 10; the file is damaged$/,
  )
})
