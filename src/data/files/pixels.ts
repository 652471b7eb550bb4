import { FormatError } from '../../core/errors.ts'
import { planes, type Size } from '../planes.ts'

/** Pixels as bytes, row by row, with the bands (colour channels) of each pixel side by side. */
interface Raw {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 2 | 3 | 4
}

interface Metadata {
  readonly width?: number
  readonly height?: number
  readonly space?: string
  readonly hasAlpha?: boolean
}

/** Maximum size, in pixels, of an image that is decoded unscaled: even a tiny file may declare a huge size. */
const maxPixels = 2 ** 25

/** The methods of the package `sharp` used here; its own types are missing if it is not installed. */
export interface Picture {
  metadata(): Promise<Metadata>
  rotate(): Picture
  removeAlpha(): Picture
  resize(width: number, height: number, options: { fit: 'cover' }): Picture
  pipelineColourspace(name: string): Picture
  toColourspace(name: string): Picture
  raw(): Picture
  toBuffer(options: { resolveWithObject: true }): Promise<{ readonly data: Uint8Array; readonly info: Raw }>
}

/** Opens an image file, or raw pixels. */
export type OpenPicture = (
  source: string | Uint8Array,
  options: { readonly ignoreIcc?: boolean; readonly raw?: Raw },
) => Picture

/**
 * Decodes an image to an array `[channels, height, width]` of values from 0 to 1. The colours are the same as
 * of Pillow's `convert('RGB')`: profiles are ignored and transparency is dropped; 16-bit values keep their
 * upper byte. One channel is Pillow's `convert('L')`, ITU-R 601 luma. Unlike in Pillow, the image is rotated as
 * its EXIF orientation says.
 *
 * @param file name to show in error messages
 * @throws {FormatError} when the file is damaged or not an image.
 */
export async function pixels(
  open: OpenPicture,
  path: string,
  file: string,
  [height, width]: Size,
  channels: 1 | 3,
): Promise<Float32Array> {
  try {
    const picture = await opaque(open, path)
    const sized = picture.resize(width, height, { fit: 'cover' }).toColourspace('srgb')
    const { data, info } = await bytesOf(sized)
    return planes(data, info.channels, height * width, channels)
  } catch (cause) {
    const [reason] = (cause as Error).message.trim().split('\n')
    throw new FormatError(`${file}: wanted an image, got one that cannot be read: ${reason}`, { cause })
  }
}

const bytesOf = (picture: Picture): ReturnType<Picture['toBuffer']> =>
  picture.raw().toBuffer({ resolveWithObject: true })

/**
 * Opens an image, drops its transparency, and converts CMYK to RGB. Images with transparency or CMYK are
 * decoded before they are scaled, since scaling would weight colours by their opacity.
 */
async function opaque(open: OpenPicture, path: string): Promise<Picture> {
  const picture = open(path, { ignoreIcc: true }).rotate()
  const { space, hasAlpha, width = 0, height = 0 } = await picture.metadata()
  if ((space === 'cmyk' || hasAlpha) && width * height > maxPixels) {
    throw new Error(`${width} x ${height} pixels with transparency or of inks, more than ${maxPixels}`)
  }
  if (space === 'cmyk') {
    const { data, info } = await bytesOf(picture.pipelineColourspace('cmyk').toColourspace('cmyk'))
    return open(fromCmyk(data, info.channels), { raw: { ...info, channels: 3 } })
  }
  if (!hasAlpha) return picture
  const { data, info } = await bytesOf(picture.toColourspace('srgb').removeAlpha())
  return open(data, { raw: info })
}

/** Converts CMYK to RGB, (1 − ink) · (1 − black). Source: Pillow, src/libImaging/Convert.c, cmyk2rgb. */
function fromCmyk(bytes: Uint8Array, bands: number): Uint8Array {
  const out = new Uint8Array((bytes.length / bands) * 3)
  for (let i = 0, at = 0; i < bytes.length; i += bands) {
    const light = 255 - bytes[i + 3]!
    for (let ink = 0; ink < 3; ink++) {
      const product = bytes[i + ink]! * light + 128
      out[at++] = Math.max(0, light - ((product + (product >> 8)) >> 8))
    }
  }
  return out
}
