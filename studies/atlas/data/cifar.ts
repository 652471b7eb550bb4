import { data, random } from 'evenstep'
import type { Parts } from '../cell.ts'
import { dataPath, once } from './folder.ts'

const counts = { train: 3000, validation: 400, test: 1500 }

const known = once(() => halved('data_batch_1.bin.gz'))
const tested = once(() => firstOf(halved('test_batch.bin.gz'), counts.test))

const firstOf = (all: data.Dataset, count: number): data.Dataset =>
  data.subset(
    all,
    Int32Array.from({ length: count }, (_, i) => i),
  )

/** Reads images and averages blocks of 2×2 pixels: 16×16. */
function halved(file: string): data.Dataset {
  const { x, y, length } = data.readCifar(dataPath(`cifar10/${file}`))
  const small = new Float32Array(length * 768)
  for (let i = 0; i < small.length; i++) {
    const at = (i >> 8) * 1024 + ((i >> 4) & 15) * 64 + (i & 15) * 2
    small[i] = [0, 1, 32, 33].reduce((sum, offset) => sum + Number(x.data[at + offset]) / 4, 0)
  }
  return data.dataset({ x: small, y: y.data as Int32Array, shape: [3, 16, 16], classes: 10 })
}

/** Photographs of ten classes. */
export const cifar = {
  needs: 'cifar10/test_batch.bin.gz',
  about: `CIFAR-10 at 16×16 pixels: ${counts.train} images of its first batch to train by and ${counts.validation} to validate by, drawn anew for each seed; the first ${counts.test} of its test batch`,
  parts(seed: number): Parts {
    const order = random(seed, 'atlas').permutation(known().length)
    const part = (from: number, count: number): data.Dataset =>
      data.subset(known(), order.slice(from, from + count))
    const train = part(0, counts.train)
    return data.normalize(
      { train, validation: part(counts.train, counts.validation), test: tested() },
      { per: 'channel' },
    )
  },
} as const
