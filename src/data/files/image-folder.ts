import { join } from 'node:path'
import { ArgumentError } from '../../core/errors.ts'
import { type OptionsOf, present, readOptions } from '../../core/options.ts'
import { random } from '../../core/random.ts'
import { ahead } from '../ahead.ts'
import type { Dataset } from '../dataset.ts'
import { valueFingerprint } from '../fingerprint.ts'
import { pictureOptions, type Size } from '../planes.ts'
import { withRecipe } from '../recipe.ts'
import { type CollectOptions, collect, readingOptions, type Stream, stream } from '../stream.ts'
import { listAllImages, listImages } from './image-files.ts'
import { type OpenPicture, pixels } from './pixels.ts'

/** Options of `imageFolder`. */
export const imageFolderOptions = pictureOptions

export interface ImageFolderOptions extends OptionsOf<typeof imageFolderOptions> {}

/**
 * Reads images into memory from a folder that has one sub-folder for each class, with images at any depth.
 * Links are followed; hidden files and folders, such as `.ipynb_checkpoints`, are skipped. Needs the package
 * `sharp`.
 *
 * @returns x `[channels, height, width]` from 0 to 1, the numbers of Pillow's `convert('RGB')` or
 *   `convert('L')`, rotated as EXIF says; y the index of the sub-folder in alphabetical order
 * @throws {ArgumentError} when `sharp` is not installed.
 * @throws {FormatError} when there is no such folder, a class has no image, or an image cannot be read.
 * @throws the reason of `signal`, once it is aborted.
 */
export async function imageFolder(
  path: string,
  given: ImageFolderOptions & CollectOptions,
): Promise<Dataset> {
  const { signal, ...own } = readOptions('imageFolder', { ...imageFolderOptions, ...readingOptions }, given)
  signal?.throwIfAborted()
  return collect(await imageFolderStream(path, own), present({ signal }))
}

/**
 * Like `imageFolder`, but returns a stream, for folders that do not fit into memory. System threads decode
 * images ahead of use. The order of images is random, so that classes are mixed, but the same in each epoch.
 */
export async function imageFolderStream(path: string, given: ImageFolderOptions): Promise<Stream> {
  const { size, channels } = readOptions('imageFolderStream', imageFolderOptions, given)
  const open = await sharpPackage()
  const { classNames, images } = listImages(path)
  const order = Array.from(random('images').permutation(images.length), (i) => images[i]!)
  const read = (file: string): Promise<Float32Array> => pixels(open, join(path, file), file, size, channels)
  const tasks = order.map(({ file, label }) => async () => ({ x: await read(file), y: label }))
  const fingerprint = valueFingerprint([size, channels, images])
  const made = stream(() => ahead(tasks, readAhead), { shape: [channels, ...size], classNames, fingerprint })
  return withRecipe(made, { images: { size, channels }, normalized: [] })
}

/** An image, and its path relative to the folder that contains it. */
export interface FolderImages {
  readonly file: string
  readonly x: Float32Array
}

/** Yields an image file, or all images in a folder at any depth in alphabetical order, as `imageFolder` reads them. */
export async function* imagesIn(path: string, given: ImageFolderOptions): AsyncGenerator<FolderImages> {
  const { size, channels } = readOptions('imagesIn', imageFolderOptions, given)
  const open = await sharpPackage()
  const tasks = listAllImages(path).map((file) => async () => ({
    file: file === '' ? path : file,
    x: await pixels(open, join(path, file), file === '' ? path : file, size, channels),
  }))
  yield* ahead(tasks, readAhead)
}

/** Returns the median height and width of a folder's images, or of 32 of them if there are more. */
export async function imageSize(path: string): Promise<Size> {
  const open = await sharpPackage()
  const { images } = listImages(path)
  const step = Math.max(1, Math.floor(images.length / 32))
  const some = images.filter((_, i) => i % step === 0).slice(0, 32)
  const sizes = await Promise.all(some.map(({ file }) => open(join(path, file), {}).metadata()))
  const median = (numbers: readonly number[]): number =>
    numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
  return [median(sizes.map(({ height = 1 }) => height)), median(sizes.map(({ width = 1 }) => width))]
}

/** Number of images decoded concurrently: more than libuv's 4 threads, to keep all threads busy. */
const readAhead = 16

/** Imports the optional package `sharp`, and returns its function that opens an image file. */
export async function sharpPackage(
  load: () => Promise<{ readonly default: OpenPicture }> = () => import('sharp'),
): Promise<OpenPicture> {
  try {
    return (await load()).default
  } catch (cause) {
    const message = 'imageFolder: wanted the package sharp to read images, got none; npm install sharp'
    throw new ArgumentError(message, { cause })
  }
}
