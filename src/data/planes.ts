import { custom, required } from '../core/options.ts'

export type Size = readonly [height: number, width: number]

const isSize = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isInteger(n) && n > 0)

/** Options that say to which size and channels a picture is brought. */
export const pictureOptions = {
  /** Height and width of `x` in pixels. Images are scaled to cover this size, then cropped at the centre. */
  size: required(custom<Size>('[height, width] in pixels', isSize)),
  /** Number of colour channels: 3 for red, green and blue, 1 for grey (luma, as Pillow's mode L). @default 3 */
  channels: custom<1 | 3>('1 or 3', (value) => value === 1 || value === 3, 3),
}

/** Converts `area` pixels of `bands` bytes each to one plane of `area` values from 0 to 1 for each channel. */
export function planes(bytes: ArrayLike<number>, bands: number, area: number, channels: 1 | 3): Float32Array {
  const out = new Float32Array(channels * area)
  const band = (at: number, index: number): number => bytes[at * bands + Math.min(index, bands - 1)]!
  for (let i = 0; i < area; i++) {
    if (channels === 1) out[i] = luma(band(i, 0), band(i, 1), band(i, 2)) / 255
    else for (let channel = 0; channel < 3; channel++) out[channel * area + i] = band(i, channel) / 255
  }
  return out
}

/** Returns 0.299 · red + 0.587 · green + 0.114 · blue, rounded as Pillow does. */
const luma = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
