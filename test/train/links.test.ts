import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { csv } from '../../src/log/csv.ts'
import { open, RunFolder, readSteps } from '../../src/train/index.ts'
import { killedRuns } from '../support/killed-runs.ts'

const { root, setup, train, checkpoints, resume } = killedRuns()

/** Moves a part of a run out of its folder, and puts a symbolic link to it in its place. */
function linked(name: string, part: string): string {
  cpSync(join(root, 'whole'), join(root, name), { recursive: true })
  const path = join(root, name, part)
  renameSync(path, join(root, `outside-${name}`))
  symlinkSync(join(root, `outside-${name}`), path)
  return path
}

const refusal = (path: string, what = 'a file'): string =>
  `${path}: wanted ${what}, got a symbolic link; links inside the folder of a run are not followed`

describe.skipIf(platform() === 'win32')('a symbolic link inside the folder of a run is not followed', () => {
  beforeAll(async () => void (await train('whole', 20)))

  test('when the run is resumed', async () => {
    const last = checkpoints('whole')
      .filter((name) => name.startsWith('step'))
      .at(-1)!
    const parts = ['run.json', 'events.jsonl', 'checkpoints', `checkpoints/${last}`]
    for (const [i, part] of [...parts, `checkpoints/${last}/model.safetensors`].entries()) {
      const path = linked(`resumed-${i}`, part)
      const isFolder = part === 'checkpoints' || part.endsWith(last)
      await expect(train(`resumed-${i}`, 1, resume)).rejects.toThrow(
        refusal(path, isFolder ? 'a folder' : 'a file'),
      )
    }
  })

  test('when it is read', async () => {
    const log = linked('read', 'events.jsonl')
    expect(() => readSteps(join(root, 'read'))).toThrow(refusal(log))
    await expect(csv(join(root, 'read')).next()).rejects.toThrow(refusal(log))
    const description = linked('opened', 'run.json')
    await expect(open(join(root, 'opened'))).rejects.toThrow(refusal(description))
    cpSync(join(root, 'whole'), join(root, 'model'), { recursive: true })
    const model = join(root, 'model', 'model.safetensors')
    writeFileSync(join(root, 'outside.safetensors'), '')
    rmSync(model, { force: true })
    symlinkSync(join(root, 'outside.safetensors'), model)
    await expect(open(join(root, 'model'), { experiment: setup() })).rejects.toThrow(refusal(model))
  })

  test('when a run writes: what it points to stays, and the folder itself may be a link', async () => {
    const outside = join(root, 'precious')
    writeFileSync(outside, 'mine')
    const path = join(root, 'fresh')
    mkdirSync(path)
    for (const name of ['run.json.partial', 'model.safetensors.partial'])
      symlinkSync(outside, join(path, name))
    symlinkSync(path, join(root, 'named'))
    const run = new RunFolder(join(root, 'named'), setup({ epochs: 1 }))
    for await (const _ of run.events());
    run.close()
    expect(readFileSync(outside, 'utf8')).toBe('mine')
    expect(readSteps(path)!.losses.length).toBe(12)
  })
})
