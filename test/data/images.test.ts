import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { ahead } from '../../src/data/ahead.ts'
import { cifar10, cifar100, readCifar } from '../../src/data/files/cifar.ts'
import { imageFolder, imageFolderStream, sharpPackage } from '../../src/data/files/image-folder.ts'
import { loader } from '../../src/data/loader.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-images-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('CIFAR’s files', () => {
  const record = (head: number[], value: (i: number) => number): number[] => [
    ...head,
    ...Array.from({ length: 3072 }, (_, i) => value(i)),
  ]
  const write = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }

  test('are read gzipped or not, one after another', () => {
    const bytes = Uint8Array.from([...record([3], (i) => i % 256), ...record([9], () => 255)])
    write('data_batch_1.bin', bytes)
    write('data_batch_4.bin.gz', gzipSync(bytes))
    write('test_batch.bin', bytes.subarray(3073))
    const { train, validation } = cifar10(folder)
    expect([train.length, train.x.shape, train.classes, validation.length]).toEqual([4, [3, 32, 32], 10, 1])
    expect(Array.from(train.y.data, Number)).toEqual([3, 9, 3, 9])
    expect(train.classNames![3]).toBe('cat')
    expect(Number(train.x.data[51])).toBe(Math.fround(51 / 255))
    expect(Array.from(validation.x.data, Number).every((v) => v === 1)).toBe(true)
  })

  test('of CIFAR-100 have two labels', () => {
    write('train.bin', Uint8Array.from(record([19, 99], () => 0)))
    write('test.bin', Uint8Array.from(record([4, 30], () => 0)))
    const fine = cifar100(folder)
    expect([Number(fine.train.y.data[0]), fine.train.classes, fine.train.classNames]).toEqual([
      99,
      100,
      undefined,
    ])
    write('coarse_label_names.txt', Buffer.from(Array.from({ length: 20 }, (_, i) => `c${i}`).join('\n')))
    const coarse = cifar100(folder, { labels: 'coarse' })
    expect([Number(coarse.validation.y.data[0]), coarse.train.classNames![19]]).toEqual([4, 'c19'])
  })

  test('say what is wrong with them', () => {
    expect(() => readCifar(write('short.bin', new Uint8Array(3000)))).toThrow(
      'short.bin: wanted whole images of 3073 bytes, got 3000 bytes; the file is truncated, or of the other CIFAR',
    )
    expect(() => readCifar(write('label.bin', Uint8Array.from(record([10], () => 0))))).toThrow(
      'label.bin: wanted labels from 0 to 9, got 10 at image 0',
    )
    expect(() => cifar10('/nowhere')).toThrow(
      "/nowhere: wanted data_batch_1.bin or data_batch_1.bin.gz in it, got none; download CIFAR's binary version",
    )
  })
})

describe('a folder of images', () => {
  const root = join(folder, 'pets')
  const paint = (name: string, background: string, size = 8): Promise<unknown> =>
    sharp({ create: { width: size, height: size, channels: 3, background } })
      .png()
      .toFile(join(root, name))

  test('has a class for each sub-folder', async () => {
    for (const name of ['red', 'blue']) mkdirSync(join(root, name), { recursive: true })
    for (const i of [0, 1, 2]) await paint(`red/${i}.png`, '#ff0000', 4 + i)
    for (const i of [0, 1]) await paint(`blue/${i}.png`, '#003366')
    writeFileSync(join(root, 'red', 'notes.txt'), 'not an image')
    const set = await imageFolder(root, { size: [2, 3] })
    expect([set.length, set.x.shape, set.classNames]).toEqual([5, [3, 2, 3], ['blue', 'red']])
    for (let i = 0; i < 5; i++) {
      const colour = [0, 6, 12].map((at) => Number(set.x.data[i * 18 + at]))
      expect(colour).toEqual(
        Number(set.y.data[i]) === 1 ? [1, 0, 0] : [0, 51, 102].map((b) => Math.fround(b / 255)),
      )
    }
    const grey = await imageFolder(root, { size: [2, 2], channels: 1 })
    expect(grey.x.shape).toEqual([1, 2, 2])
    expect(new Set(Array.from(grey.x.data, Number).map((v) => Math.round(v * 255)))).toEqual(
      new Set([76, 42]),
    )
  })

  test('streams in the same order each time', async () => {
    const labels = async (epoch: number): Promise<number[]> => {
      const found: number[] = []
      const batches = loader(await imageFolderStream(root, { size: [2, 3] }), { batchSize: 2 }).batches(epoch)
      for await (const { y } of batches) found.push(...Array.from(y, Number))
      return found
    }
    expect(await labels(0)).toEqual(await labels(1))
    expect((await labels(0)).sort()).toEqual([0, 0, 1, 1, 1])
  })

  test('says what is wrong with it', async () => {
    await expect(imageFolder(folder, { size: [2, 0] })).rejects.toThrow(
      'imageFolder: wanted size as [height, width] in pixels, got [2,0]',
    )
    writeFileSync(join(root, 'red', 'bad.png'), 'no')
    await expect(imageFolder(root, { size: [2, 2] })).rejects.toThrow(
      'red/bad.png: wanted an image, got one that cannot be read: ',
    )
    const absent = sharpPackage(() => Promise.reject(new Error('Cannot find package')))
    await expect(absent).rejects.toThrow(
      'imageFolder: wanted the package sharp to read images, got none; npm install sharp',
    )
  })
})

test('tasks ahead come in their order, and no more than asked for run at a time', async () => {
  let running = 0
  let most = 0
  const task = (i: number) => async (): Promise<number> => {
    most = Math.max(most, ++running)
    await new Promise((done) => setTimeout(done, (i * 7) % 5))
    running--
    return i
  }
  const found: number[] = []
  for await (const i of ahead(
    Array.from({ length: 20 }, (_, i) => task(i)),
    4,
  ))
    found.push(i)
  expect(found).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(most).toBe(4)
})
