import { bytesOf } from '../core/bytes.ts'
import { malformed, mismatch } from '../core/mismatch.ts'
import { readOptions, type ValuesOf } from '../core/options.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { type Dataset, dataset } from './dataset.ts'
import { toFloat32 } from './float32.ts'
import { type IdxArray, type IdxOptions, idxOptions, parseIdx } from './formats/idx.ts'
import { withRecipe } from './recipe.ts'

/** The array in an IDX file, with the file's name, to show in errors. */
interface NamedArray {
  readonly name: string
  readonly array: IdxArray
}

/**
 * Reads images and their labels, or numbers to predict, from the bytes of two IDX files: see `idxImages`.
 *
 * @throws as `idxImages`
 */
export function parseIdxImages(images: Uint8Array, labels: Uint8Array, given: IdxOptions = {}): Dataset {
  const options = readOptions('parseIdxImages', idxOptions, given)
  const array = (file: Uint8Array, name: string): NamedArray => ({
    name,
    array: parseIdx(bytesOf('parseIdxImages', file), name),
  })
  return idxExamples('parseIdxImages', () => [array(images, 'images'), array(labels, 'labels')], options)
}

/** Returns the examples of two IDX files, which are read once the options are known to fit together. */
export function idxExamples(
  who: string,
  read: () => readonly [images: NamedArray, labels: NamedArray],
  options: ValuesOf<typeof idxOptions>,
): Dataset {
  if (options.target === 'numbers' && options.classes !== undefined) {
    throw mismatch(who, 'no classes for numbers to predict', options.classes, 'leave classes out')
  }
  const [images, labels] = read()
  const { bytes, ...columns } =
    options.target === 'numbers'
      ? imagesWith(images, labels, options, numbersIn)
      : labelledImages(images, labels, options)
  const x = new Float32Array(bytes.length)
  for (let i = 0; i < x.length; i++) x[i] = bytes[i]! / 255
  return withRecipe(dataset({ x, ...columns }), { normalized: [] })
}

type ImageOptions = Pick<ValuesOf<typeof idxOptions>, 'classes' | 'layout'>

/** Returns images and labels of two IDX files; pixels stay bytes 0 … 255. */
export const labelledImages = (
  images: NamedArray,
  labels: NamedArray,
  options: ImageOptions,
): ReturnType<typeof imagesWith<{ readonly y: Int32Array; readonly classes: number }>> =>
  imagesWith(images, labels, options, (labels, name) => labelsIn(labels, name, options.classes ?? 10))

/** Returns the images of one IDX file, and converts another with an entry for each image by `convert`. */
function imagesWith<T extends object>(
  { name, array: images }: NamedArray,
  { name: otherName, array: other }: NamedArray,
  { layout }: ImageOptions,
  convert: (array: IdxArray, name: string) => T,
): T & { readonly bytes: IdxArray['data']; readonly shape: Shape } {
  const [count, ...size] = images.shape
  if (other.shape[0] !== count) throw notAsMany(count, other, otherName)
  if (!(images.data instanceof Uint8Array)) {
    const fix = 'read other numbers with readIdx'
    const got = images.data.constructor.name
    throw malformed(name, 'pixels as unsigned bytes, type 08', got, fix)
  }
  if (count === undefined || size.length === 0)
    throw malformed(name, 'images of one or more axes', showShape(images.shape))
  const image = size.length === 2 ? [1, ...size] : size
  const shape = layout === 'image' ? image : [sizeOf(size)]
  return { bytes: images.data, shape, ...convert(other, otherName) }
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
