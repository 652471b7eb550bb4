import { expect, test } from 'vitest'
import makeImages from '../../test/fixtures/thread/images.ts'
import { FormatError } from '../core/errors.ts'
import type { Batch } from './batch.ts'
import { collect } from './stream.ts'
import { threaded } from './thread.ts'

const fixture = (name: string): URL => new URL(`../../test/fixtures/thread/${name}.ts`, import.meta.url)
const all = async (batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<Batch[]> => {
  const found: Batch[] = []
  for await (const batch of batches) found.push(batch)
  return found
}

test('a thread gives the same numbers in the same order', async () => {
  const options = { n: 200 }
  const here = makeImages(options)
  const there = await threaded(fixture('images'), { options, ahead: 2 })
  try {
    expect([there.x, there.y, there.classes]).toEqual([here.x, here.y, 10])
    for (const epoch of [0, 1, 0]) expect(await all(there.read(epoch))).toEqual(await all(here.read(epoch)))
    // An epoch that is left early does not show in the next.
    for await (const { length } of there.read(4)) {
      expect(length).toBe(16)
      break
    }
    expect(await all(there.read(5))).toEqual(await all(here.read(5)))
    expect(await collect(there)).toEqual(await collect(here))
  } finally {
    await there.close()
  }
  await expect(all(there.read(0))).rejects.toThrow('threaded: wanted an open stream, got one that was closed')
})

test('what goes wrong on a thread is told here', async () => {
  await expect(threaded(fixture('broken'), { options: { early: true } })).rejects.toThrow(
    new FormatError('a.csv: wanted rows, got none'),
  )
  const broken = await threaded(fixture('broken'), { options: { early: false } })
  const seen: number[] = []
  const read = async (): Promise<void> => {
    for await (const { length } of broken.read(0)) seen.push(length)
  }
  await expect(read()).rejects.toThrow('the line went dead')
  expect(seen).toEqual([256])
  await broken.close()
  await expect(threaded(fixture('broken'), { ahead: 0 })).rejects.toThrow(
    'threaded: wanted ahead as a positive integer, got 0',
  )
})
