import { join } from 'node:path'
import { data } from 'evenstep'

/** Returns `count` digits of the package, others for each `part`, and 1,000 that none of them has. */
export function fewDigits(count: number, part: number): data.Split {
  const { train, validation } = data.digits10x10({ layout: 'image' })
  return { train: slice(train, part * count, count), validation: slice(validation, 0, 1000) }
}

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
