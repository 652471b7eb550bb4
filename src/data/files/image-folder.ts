import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ArgumentError, FormatError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { random } from '../../core/random.ts'
import { ahead } from '../ahead.ts'
import type { Dataset } from '../dataset.ts'
import { valueFingerprint } from '../fingerprint.ts'
import { collect, type Stream, stream } from '../stream.ts'

export interface ImageFolderOptions {
  /** Height and width that images are brought to: scaled until they cover it, then cut at the middle. */
  readonly size: readonly [height: number, width: number]
  /** 3 for red, green and blue, 1 for grey; 3 unless given. */
  readonly channels?: 1 | 3
}

/**
 * Images from a folder with one sub-folder for each class, all in memory. Needs the package `sharp`.
 *
 * @returns x `[channels, height, width]` in 0 … 1; y the sub-folder's number among them, by name
 * @throws {ArgumentError} when `sharp` is not installed. @throws {FormatError} when there are no images, or one
 *   cannot be read.
 */
export async function imageFolder(path: string, options: ImageFolderOptions): Promise<Dataset> {
  return collect(await imageFolderStream(path, options))
}

/**
 * As `imageFolder`, for more images than fit into memory: each is read when its turn comes, some ahead of it on
 * threads of their own. Classes are mixed, by an order that is always the same.
 */
export async function imageFolderStream(path: string, options: ImageFolderOptions): Promise<Stream> {
  const { size, channels = 3 } = options
  if (size.length !== 2 || !size.every((n) => Number.isInteger(n) && n > 0)) {
    throw mismatch('imageFolder', 'size as [height, width] in pixels', size)
  }
  const open = await sharpPackage()
  const { classNames, images } = list(path)
  const order = Array.from(random('images').permutation(images.length), (i) => images[i]!)
  const read = (file: string): Promise<Float32Array> => pixels(open(join(path, file)), file, size, channels)
  return stream(
    () =>
      ahead(
        order.map(({ file, label }) => async () => ({ x: await read(file), y: label })),
        readAhead,
      ),
    { shape: [channels, ...size], classNames, fingerprint: valueFingerprint([size, channels, images]) },
  )
}

/** Images that are decoded at a time: more than libuv's 4 threads, so that none waits. */
const readAhead = 16

const extensions = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i

interface Listed {
  readonly classNames: readonly string[]
  readonly images: readonly { readonly file: string; readonly label: number; readonly bytes: number }[]
}

function list(path: string): Listed {
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
  if (images.length === 0) {
    throw new FormatError(`${path}: wanted a sub-folder of images for each class, got no image`)
  }
  return { classNames, images }
}

/** An image as planes of numbers from 0 to 1. */
async function pixels(
  image: Picture,
  file: string,
  [height, width]: ImageFolderOptions['size'],
  channels: 1 | 3,
): Promise<Float32Array> {
  const coloured = image.rotate().resize(width, height, { fit: 'cover' }).flatten().toColourspace('srgb')
  let bytes: Uint8Array
  try {
    bytes = await (channels === 1 ? coloured.greyscale() : coloured).raw().toBuffer()
  } catch (cause) {
    throw new FormatError(
      `${file}: wanted an image, got one that cannot be read: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
  const area = height * width
  const step = bytes.length / area
  const out = new Float32Array(channels * area)
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) out[channel * area + i] = bytes[i * step + channel]! / 255
  }
  return out
}

/** What is used of `sharp`: its own types are not there for who does not have it. */
export interface Picture {
  rotate(): Picture
  resize(width: number, height: number, options: { fit: 'cover' }): Picture
  flatten(): Picture
  toColourspace(name: string): Picture
  greyscale(): Picture
  raw(): Picture
  toBuffer(): Promise<Uint8Array>
}

/** The package `sharp`, which is installed by those who need it. */
export async function sharpPackage(
  load: () => Promise<{ readonly default: (path: string) => Picture }> = () => import('sharp'),
): Promise<(path: string) => Picture> {
  try {
    return (await load()).default
  } catch (cause) {
    throw new ArgumentError(
      'imageFolder: wanted the package sharp to read images, got none; npm install sharp',
      {
        cause,
      },
    )
  }
}
