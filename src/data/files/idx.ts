import { malformed, mismatch } from '../../core/mismatch.ts'
import { readOptions, type ValuesOf } from '../../core/options.ts'
import { type Shape, showShape, sizeOf } from '../../core/shape.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { toFloat32 } from '../float32.ts'
import { type IdxArray, type IdxOptions, idxOptions, parseIdx } from '../formats/idx.ts'
import { withRecipe } from '../recipe.ts'
import { fileName, readFile } from './read-file.ts'

/** Reads an IDX file, MNIST's format for one array: see `parseIdx`. */
export const readIdx = (path: string): IdxArray => parseIdx(readFile(path), fileName(path))

/**
 * Reads images from one IDX file (MNIST's format), and from another file their labels or, with `target:
 * 'numbers'`, numbers to predict. The second array is `[n]` or, with several numbers for each of the n images,
 * `[n, …]`.
 *
 * @returns x: bytes / 255, so from 0 to 1; y int32, or float32 for numbers
 * @throws {FormatError} when a file is damaged, the numbers of images and labels differ, pixels are not bytes,
 *   or a label is not one of 0 … classes − 1.
 * @throws {ArgumentError} when `classes` is given for numbers to predict.
 */
export function idxImages(imagesPath: string, labelsPath: string, given: IdxOptions = {}): Dataset {
  const options = readOptions('idxImages', idxOptions, given)
  if (options.target === 'numbers' && options.classes !== undefined) {
    throw mismatch('idxImages', 'no classes for numbers to predict', options.classes, 'leave classes out')
  }
  const { bytes, ...columns } =
    options.target === 'numbers'
      ? imagesWith(imagesPath, labelsPath, options, numbersIn)
      : labelledImages(imagesPath, labelsPath, options)
  const x = new Float32Array(bytes.length)
  for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255
  return withRecipe(dataset({ x, ...columns }), { normalized: [] })
}

type ImageOptions = Pick<ValuesOf<typeof idxOptions>, 'classes' | 'layout'>

/** Reads images and labels from two IDX files; pixels stay bytes 0 … 255. */
export const labelledImages = (
  imagesPath: string,
  labelsPath: string,
  options: ImageOptions,
): ReturnType<typeof imagesWith<{ readonly y: Int32Array; readonly classes: number }>> =>
  imagesWith(imagesPath, labelsPath, options, (labels, name) => labelsIn(labels, name, options.classes ?? 10))

/** Reads images from one IDX file, and converts another with an entry for each image by `convert`. */
function imagesWith<T extends object>(
  imagesPath: string,
  otherPath: string,
  { layout }: ImageOptions,
  convert: (array: IdxArray, name: string) => T,
): T & { readonly bytes: IdxArray['data']; readonly shape: Shape } {
  const images = readIdx(imagesPath)
  const other = readIdx(otherPath)
  const [count, ...size] = images.shape
  if (other.shape[0] !== count) throw notAsMany(count, other, fileName(otherPath))
  if (!(images.data instanceof Uint8Array)) {
    const fix = 'read other numbers with readIdx'
    const got = images.data.constructor.name
    throw malformed(fileName(imagesPath), 'pixels as unsigned bytes, type 08', got, fix)
  }
  if (count === undefined || size.length === 0)
    throw malformed(fileName(imagesPath), 'images of one or more axes', showShape(images.shape))
  const image = size.length === 2 ? [1, ...size] : size
  const shape = layout === 'image' ? image : [sizeOf(size)]
  return { bytes: images.data, shape, ...convert(other, fileName(otherPath)) }
}

const notAsMany = (count: number | undefined, { shape }: IdxArray, name: string): Error =>
  malformed(name, `${count} labels, one for each image`, showShape(shape))

function labelsIn(labels: IdxArray, name: string, classes: number) {
  const { data, shape } = labels
  if (shape.length !== 1) throw notAsMany(shape[0], labels, name)
  const isLabel = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < classes
  const wrong = data.findIndex((label) => !isLabel(label))
  if (wrong >= 0) {
    const fix = Number.isInteger(data[wrong])
      ? undefined
      : "if they are numbers to predict, target: 'numbers'"
    throw malformed(name, `labels from 0 to ${classes - 1}`, `${data[wrong]} at example ${wrong}`, fix)
  }
  return { y: Int32Array.from(data), classes }
}

function numbersIn({ data, shape }: IdxArray, name: string) {
  const wrong = data.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) throw malformed(name, 'finite numbers', `${data[wrong]} at index ${wrong}`)
  const targetShape = shape.slice(1)
  const origin = { who: name, name: 'y', width: sizeOf(targetShape), fix: 'scale the numbers first' }
  return { y: toFloat32(data, origin), targetShape, target: 'numbers' as const }
}
