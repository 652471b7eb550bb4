import { type AbortSignalLike, abortSignal, orAborted } from '../core/abort.ts'
import { ArgumentError, FormatError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { type OptionsOf, readOptions } from '../core/options.ts'
import { pictureOptions, planes, type Size } from './planes.ts'

/** What a page can draw: its size, and what `createImageBitmap` makes of it. */
interface Bitmap {
  readonly width: number
  readonly height: number
  close(): void
}

/** The parts of a browser that read pictures. */
interface Browser {
  createImageBitmap(source: object, options: object): Promise<Bitmap>
  readonly OffscreenCanvas: new (
    width: number,
    height: number,
  ) => {
    getContext(kind: '2d', options: object): Context
  }
}

interface Context {
  imageSmoothingQuality: string
  drawImage(bitmap: Bitmap, ...place: readonly number[]): void
  getImageData(x: number, y: number, width: number, height: number): { readonly data: ArrayLike<number> }
}

export const pixelOptions = {
  ...pictureOptions,
  /** Abort signal that stops the reading. */
  signal: abortSignal(),
}

export interface PixelOptions extends OptionsOf<typeof pixelOptions> {}

/**
 * Returns the pixels of a picture in a browser: of a `File` or `Blob` in any format that the browser reads, an image, a
 * canvas, a video, an `ImageBitmap`, `ImageData` or `VideoFrame`. Profiles of colours are ignored, and the picture is
 * rotated as EXIF says. Colours of transparent pixels are lost.
 *
 * @returns `[channels, height, width]` from 0 to 1: the bytes of the picture / 255 where it has the wanted size
 * @throws {ArgumentError} when `picture` is none of these, or there is no browser.
 * @throws {FormatError} when the browser cannot read the picture.
 * @throws the reason of `signal`, once it is aborted.
 */
export async function imagePixels(picture: object, given: PixelOptions): Promise<Float32Array> {
  const { size, channels, signal } = readOptions('imagePixels', pixelOptions, given)
  return pixelsIn(pictureIn('imagePixels', picture), size, channels, signal)
}

/** Checks that there is a browser, and that a picture may be one. */
export function pictureIn(who: string, picture: unknown): object {
  if (!('createImageBitmap' in globalThis)) {
    throw new ArgumentError(`${who}: wanted a browser, got none; read files with data.imageFolder`)
  }
  if (typeof picture === 'object' && picture !== null) return picture
  throw mismatch(who, 'a File, a Blob, an image, a canvas or a video', picture)
}

/** Returns the pixels of a picture, scaled to cover a size and cropped at the centre. */
export async function pixelsIn(
  picture: object,
  [height, width]: Size,
  channels: 1 | 3,
  signal: AbortSignalLike | undefined,
): Promise<Float32Array> {
  signal?.throwIfAborted()
  const { createImageBitmap, OffscreenCanvas } = globalThis as unknown as Browser
  const asStored = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }
  const bitmap = await orAborted(signal, createImageBitmap(picture, asStored)).catch((cause: Error) => {
    if (signal?.aborted) throw cause
    const name = 'name' in picture && typeof picture.name === 'string' ? picture.name : 'imagePixels'
    throw new FormatError(`${name}: wanted a picture, got one that cannot be read: ${cause.message}`, {
      cause,
    })
  })
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  context.imageSmoothingQuality = 'high'
  const scale = Math.max(width / bitmap.width, height / bitmap.height)
  const [w, h] = [width / scale, height / scale]
  context.drawImage(bitmap, (bitmap.width - w) / 2, (bitmap.height - h) / 2, w, h, 0, 0, width, height)
  bitmap.close()
  const { data } = context.getImageData(0, 0, width, height)
  return planes(data, 4, height * width, channels)
}
