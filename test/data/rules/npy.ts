import { join } from 'node:path'
import { npy as readNpy, writeNpy } from '../../../src/data/files/numpy.ts'
import type { NpyArray, NpyData } from '../../../src/data/formats/npy.ts'
import { folder, type Reader } from './reading.ts'

/** Writes two NPY files and reads them. @param x and y, each an array in a list with the sizes of its axes */
export const npy: Reader = (
  x: [NpyData, ...number[]],
  y: [NpyData, ...number[]],
  options: Parameters<typeof readNpy>[2],
) => {
  const array = ([data, ...shape]: [NpyData, ...number[]]): NpyArray => ({ data, shape })
  const [xPath, yPath] = [join(folder, 'x.npy'), join(folder, 'y.npy')]
  writeNpy(xPath, array(x))
  writeNpy(yPath, array(y))
  return readNpy(xPath, yPath, options)
}
