import { malformed } from '../../core/mismatch.ts'
import { readOptions, type ValuesOf } from '../../core/options.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { type IdxArray, type IdxOptions, idxOptions, parseIdx } from '../formats/idx.ts'
import { withRecipe } from '../recipe.ts'
import { fileName, readFile } from './read-file.ts'

/** Reads an IDX file, MNIST's format for one array: see `parseIdx`. */
export const readIdx = (path: string): IdxArray => parseIdx(readFile(path), fileName(path))

/**
 * Reads images from one IDX file (MNIST's format), and their labels from another.
 *
 * @returns x: bytes / 255, so from 0 to 1; y int32
 * @throws {FormatError} when a file is damaged, the numbers of images and labels differ, pixels are no bytes,
 *   or a label is not one of 0 … classes − 1.
 */
export function idxImages(imagesPath: string, labelsPath: string, given: IdxOptions = {}): Dataset {
  const options = readOptions('idxImages', idxOptions, given)
  const { bytes, ...columns } = labelledImages(imagesPath, labelsPath, options)
  const x = new Float32Array(bytes.length)
  for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255
  return withRecipe(dataset({ x, ...columns }), { normalized: [] })
}

/** Reads images and labels from two IDX files; pixels stay bytes 0 … 255. */
export function labelledImages(
  imagesPath: string,
  labelsPath: string,
  { classes, layout }: ValuesOf<typeof idxOptions>,
): { bytes: IdxArray['data']; y: Int32Array; shape: Shape; classes: number } {
  const images = readIdx(imagesPath)
  const labels = readIdx(labelsPath)
  const name = fileName(labelsPath)
  const [count, ...size] = images.shape
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw malformed(name, `${count} labels, one for each image`, showShape(labels.shape))
  if (!(images.data instanceof Uint8Array)) {
    const fix = 'read other numbers with readIdx'
    throw malformed(
      fileName(imagesPath),
      'pixels as unsigned bytes, type 08',
      images.data.constructor.name,
      fix,
    )
  }
  if (count === undefined || size.length === 0)
    throw malformed(fileName(imagesPath), 'images of one or more axes', showShape(images.shape))
  const isLabel = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < classes
  const wrong = labels.data.findIndex((label) => !isLabel(label))
  if (wrong >= 0)
    throw malformed(name, `labels from 0 to ${classes - 1}`, `${labels.data[wrong]} at example ${wrong}`)
  const image = size.length === 2 ? [1, ...size] : size
  const shape = layout === 'image' ? image : [sizeOf(size)]
  return { bytes: images.data, y: Int32Array.from(labels.data), shape, classes }
}
