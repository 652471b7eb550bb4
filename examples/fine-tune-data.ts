import { join } from 'node:path'
import { data } from 'evenstep'

/** Returns `count` digits of the package from 0 to 1, others for each `part`, and 1,000 that none of them has. */
export function fewDigits(count: number, part: number): data.Split {
  const { train, validation } = data.digits10x10({ layout: 'image' })
  return { train: bright(slice(train, part * count, count)), validation: bright(slice(validation, 0, 1000)) }
}

/** Returns digits from 0 to 1: black is −0.7104 and white 2.1569 in the data of the package. */
const bright = (set: data.Dataset): data.Dataset => ({
  ...set,
  x: { ...set.x, data: Float32Array.from(set.x.data as Float32Array, (v) => (v + 0.7104) / 2.8673) },
})

/** Reads photographs of ten animals and flowers, 390 to learn from, from the folder `caltech10` in `folder`. */
export async function caltech10(folder: string, size = 48): Promise<data.Split> {
  const read = (part: string) => data.imageFolder(join(folder, 'caltech10', part), { size: [size, size] })
  return { train: await read('train'), validation: await read('test') }
}

/** Returns examples `from` to `from + count` of a data set. */
export const slice = (all: data.Dataset, from: number, count: number): data.Dataset =>
  data.subset(
    all,
    Int32Array.from({ length: count }, (_, i) => from + i),
  )
