import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import { dataset } from '../data/index.ts'
import * as nn from '../nn/index.ts'
import { open } from './open.ts'
import { RunFolder } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-range-'))
afterAll(() => rmSync(root, { recursive: true }))

test('a number that the model cannot look up is refused, with and without the experiment', async () => {
  const x = Int32Array.from({ length: 48 }, (_, i) => i % 5)
  const codes = dataset({ x, shape: [2], y: Int32Array.from({ length: 24 }, (_, i) => i % 2) })
  const model = () => new nn.Sequential(new nn.Embedding(5, 3), new nn.Flatten(), new nn.Linear(6, 2))
  const experiment = toy({ data: { train: codes, validation: codes }, model, epochs: 1 })
  const folder = new RunFolder(root, experiment)
  for await (const _ of folder.events());
  folder.close()
  for (const run of [await open(root), await open(root, { experiment })]) {
    expect(await run.predict([[0, 4]])).toHaveLength(1)
    for (const wrong of [-1, 5, 16777217])
      await expect(
        run.predict([
          [0, 4],
          [1, wrong],
        ] as number[][]),
      ).rejects.toMatchObject({
        message: `predict: wanted indices from 0 to 4, got ${wrong}; look at number 1 of row 1`,
      })
  }
  const stray = dataset({
    x: x.map((code, i) => (i === 45 ? 9 : code)),
    shape: [2],
    y: codes.y.data as Int32Array,
  })
  await expect((await open(root)).evaluate(stray)).rejects.toThrow(
    'evaluate: wanted an index from 0 to 4, got 9 at example 22 of the data, number 1',
  )
})
