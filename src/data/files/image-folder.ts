import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../../core/errors.ts'
import { malformed } from '../../core/mismatch.ts'
import { custom, type OptionsOf, readOptions, required } from '../../core/options.ts'
import { random } from '../../core/random.ts'
import { ahead } from '../ahead.ts'
import type { Dataset } from '../dataset.ts'
import { valueFingerprint } from '../fingerprint.ts'
import { collect, type Stream, stream } from '../stream.ts'

type Size = readonly [height: number, width: number]

const isSize = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isInteger(n) && n > 0)

const options = {
  /** Height and width of `x` in pixels. Images are scaled to cover this size, then cropped at the centre. */
  size: required(custom<Size>('[height, width] in pixels', isSize)),
  /** Number of colour channels: 3 for red, green and blue, 1 for grey. @default 3 */
  channels: custom<1 | 3>('1 or 3', (value) => value === 1 || value === 3, 3),
}

export interface ImageFolderOptions extends OptionsOf<typeof options> {}

/**
 * Reads images into memory from a folder that has one sub-folder for each class. Needs the package `sharp`.
 *
 * @returns x `[channels, height, width]` from 0 to 1; y the index of the sub-folder in alphabetical order
 * @throws {ArgumentError} when `sharp` is not installed.
 * @throws {FormatError} when the folder contains no image, or an image cannot be read.
 */
export async function imageFolder(path: string, given: ImageFolderOptions): Promise<Dataset> {
  return collect(await imageFolderStream(path, readOptions('imageFolder', options, given)))
}

/**
 * Like `imageFolder`, but returns a stream, for folders that do not fit into memory. System threads decode
 * images ahead of use. The order of images is random, so that classes are mixed, but the same in each epoch.
 */
export async function imageFolderStream(path: string, given: ImageFolderOptions): Promise<Stream> {
  const { size, channels } = readOptions('imageFolderStream', options, given)
  const open = await sharpPackage()
  const { classNames, images } = listImages(path)
  const order = Array.from(random('images').permutation(images.length), (i) => images[i]!)
  const read = (file: string): Promise<Float32Array> => pixels(open(join(path, file)), file, size, channels)
  const tasks = order.map(({ file, label }) => async () => ({ x: await read(file), y: label }))
  const fingerprint = valueFingerprint([size, channels, images])
  return stream(() => ahead(tasks, readAhead), { shape: [channels, ...size], classNames, fingerprint })
}

/** Number of images decoded concurrently: more than libuv's 4 threads, to keep all threads busy. */
const readAhead = 16

const extensions = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i

/** Returns the names of a folder's sub-folders (the classes), and the image files in them. */
function listImages(path: string) {
  const classNames = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  const images = classNames.flatMap((name, label) =>
    readdirSync(join(path, name))
      .filter((file) => extensions.test(file))
      .sort()
      .map((file) => ({ file: join(name, file), label, bytes: statSync(join(path, name, file)).size })),
  )
  if (images.length === 0) throw malformed(path, 'a sub-folder of images for each class', 'no image')
  return { classNames, images }
}

/** Decodes and resizes an image to an array `[channels, height, width]` of values from 0 to 1. */
async function pixels(image: Picture, file: string, [height, width]: Size, channels: 1 | 3) {
  const coloured = image.rotate().resize(width, height, { fit: 'cover' }).flatten().toColourspace('srgb')
  let bytes: Uint8Array
  try {
    bytes = await (channels === 1 ? coloured.greyscale() : coloured).raw().toBuffer()
  } catch (cause) {
    const reason = (cause as Error).message
    throw new FormatError(`${file}: wanted an image, got one that cannot be read: ${reason}`, { cause })
  }
  const area = height * width
  const step = bytes.length / area
  const out = new Float32Array(channels * area)
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) out[channel * area + i] = bytes[i * step + channel]! / 255
  }
  return out
}

/** The methods used here of the package `sharp`, whose own types are missing if it is not installed. */
interface Picture {
  rotate(): Picture
  resize(width: number, height: number, options: { fit: 'cover' }): Picture
  flatten(): Picture
  toColourspace(name: string): Picture
  greyscale(): Picture
  raw(): Picture
  toBuffer(): Promise<Uint8Array>
}

/** Imports the optional package `sharp`, and returns its function that opens an image file. */
export async function sharpPackage(
  load: () => Promise<{ readonly default: (path: string) => Picture }> = () => import('sharp'),
): Promise<(path: string) => Picture> {
  try {
    return (await load()).default
  } catch (cause) {
    const message = 'imageFolder: wanted the package sharp to read images, got none; npm install sharp'
    throw new ArgumentError(message, { cause })
  }
}
