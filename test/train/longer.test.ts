import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as schedule from '../../src/schedule/index.ts'
import type { ExperimentOptions } from '../../src/train/index.ts'
import * as train from '../../src/train/index.ts'
import { killedRuns } from '../support/killed-runs.ts'
import { collect } from '../support/toy.ts'

// 100 examples in batches of 8: 12 steps an epoch.
const { root, setup, train: go, read, metrics, resume } = killedRuns()
const of = (changes: Partial<ExperimentOptions>) => setup({ epochs: undefined, ...changes } as object)

describe('a run that ended by its steps', () => {
  test.each([
    [5, { steps: 24 }],
    [12, { steps: 24 }],
    [17, { steps: 30 }],
    [17, { steps: 18 }],
    [17, { epochs: 2 }],
    [17, { epochs: 3, steps: 30 }],
  ])('after %d goes on with %j as if it had never ended', async (steps, more) => {
    const name = `${steps}-${JSON.stringify(more)}`
    await go(name, undefined, {}, of({ steps }))
    await go(name, 3, resume, of(more))
    await go(name, undefined, resume, of(more))
    await go(`${name}-whole`, undefined, {}, of(more))
    expect(metrics(name).replace(/.*\n/, '')).toBe(metrics(`${name}-whole`).replace(/.*\n/, '')) // but the start
    expect(read(name, 'model.safetensors')).toEqual(read(`${name}-whole`, 'model.safetensors'))
    expect(read(name, 'run.json')).toEqual(read(`${name}-whole`, 'run.json'))
  })

  test('goes on in memory as well', async () => {
    const ended = of({ steps: 17 })
    const task = train.taskOf(ended)
    const events = await collect(train.run(ended, { task }))
    await collect(train.run(of({ steps: 30 }), { task, progress: events.at(-1)!.progress }))
    const other = train.taskOf(ended)
    await collect(train.run(of({ steps: 30 }), { task: other }))
    expect(train.writeSafetensors(task.variables)).toEqual(train.writeSafetensors(other.variables))
  })

  test('goes on from a checkpoint of an older version, with the next epoch', async () => {
    await go('old', undefined, {}, of({ steps: 17 }))
    const file = join(root, 'old', 'checkpoints', 'step-00000017', 'checkpoint.json')
    const { sum: _, ...checkpoint } = JSON.parse(readFileSync(file, 'utf8'))
    const { loggedBeforeCut, progress, ...saved } = checkpoint.progress
    const { cut, ...kept } = progress
    expect(loggedBeforeCut).toBeLessThan(saved.logged)
    expect(cut).toMatchObject({ epoch: 1, sofar: { batches: 5 } })
    const old = { ...checkpoint, progress: { progress: kept, ...saved } }
    writeFileSync(file, JSON.stringify({ ...old, sum: crc32(JSON.stringify(old)) }))
    const run = new train.RunFolder(join(root, 'old'), of({ steps: 30 }), resume)
    expect(run.steps).toBe(17)
    const events = await collect(run.events())
    expect(events.find(({ type }) => type === 'steps')).toMatchObject({ epoch: 2, step: 17 })
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'steps', steps: 30 })
    run.close()
  })
})

describe('what lengthens a finished run', () => {
  test.each<[Partial<ExperimentOptions>, string[]]>([
    [{ steps: 6 }, ['steps=12']],
    [{ epochs: 1 }, ['epochs=2']],
    [{ epochs: 1, steps: 12 }, ['epochs=2', 'steps=24']],
    [{ epochs: 3, steps: 6 }, ['steps=12']],
    [{ epochs: 9, control: [schedule.earlyStopping({ patience: 1, threshold: 0.99 })] }, []],
  ])('of %j is %j', async (options, longer) => {
    const name = JSON.stringify(options)
    const folder = await go(`longer ${longer}${name.length}`, undefined, {}, of(options))
    expect(folder.longer).toEqual(longer)
  })

  test('is more than what the run took, even if it is resumed with less', async () => {
    await go('less', undefined, {}, of({ steps: 24 }))
    const longerOf = (changes: Partial<ExperimentOptions>) => {
      const folder = new train.RunFolder(join(root, 'less'), of(changes), resume)
      folder.close()
      return folder.longer
    }
    expect(longerOf({ steps: 4 })).toEqual(['steps=48'])
    expect(longerOf({ epochs: 1 })).toEqual(['epochs=4'])
    expect(longerOf({ epochs: 9, steps: 4 })).toEqual(['steps=48'])
  })

  test('is kept in run.json, and the notes of the first run are', async () => {
    const notes = { versions: { evenstep: '1' }, origin: { file: 'a.ts', settings: [] } }
    await go('notes', undefined, { notes }, of({ steps: 6 }))
    await go('notes', undefined, resume, of({ steps: 9, name: 'b', checkpoints: {} }))
    const kept = JSON.parse(read('notes', 'run.json').toString())
    expect(kept).toMatchObject({ ...notes, steps: 9, name: 'b', checkpoints: {} })
    writeFileSync(join(root, 'notes', 'run.json'), JSON.stringify({ ...kept, steps: 6 }))
    const same = new train.RunFolder(join(root, 'notes'), of({ steps: 9 }), resume)
    same.close()
    expect(JSON.parse(readFileSync(join(root, 'notes', 'run.json'), 'utf8')).steps).toBe(6) // nothing was run
  })
})
