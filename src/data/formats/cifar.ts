import { FormatError } from '../../core/errors.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { unzip } from './gzip.ts'

const pixels = 3 * 32 * 32

export interface CifarOptions {
  /** CIFAR-10 has one label byte before an image, CIFAR-100 two: coarse, then fine; 10 unless given. */
  readonly classes?: 10 | 100
  /** Which of CIFAR-100's labels: 100 `fine` classes or 20 `coarse` ones; `fine` unless given. */
  readonly labels?: 'fine' | 'coarse'
  readonly classNames?: readonly string[]
}

/**
 * Images from files in CIFAR's binary format, one after another, gzipped or not.
 *
 * @returns x `[3, 32, 32]` (red, green, blue) in 0 … 1, that is byte / 255; y int32
 * @throws {FormatError} when a file does not hold whole images, or a label is not one of the classes.
 *
 * Source: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
export function parseCifar(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  options: CifarOptions = {},
): Dataset {
  const { classes: kind = 10, labels = 'fine', classNames } = options
  const head = kind === 10 ? 1 : 2
  const classes = kind === 10 ? 10 : labels === 'fine' ? 100 : 20
  const labelAt = kind === 100 && labels === 'fine' ? 1 : 0
  const parts = files.map(({ name, bytes }) => ({ name, bytes: records(bytes, name, head + pixels) }))
  const count = parts.reduce((n, { bytes }) => n + bytes.length / (head + pixels), 0)
  const x = new Float32Array(count * pixels)
  const y = new Int32Array(count)
  let example = 0
  for (const { name, bytes } of parts) {
    for (let at = 0; at < bytes.length; at += head + pixels, example++) {
      const label = bytes[at + labelAt]!
      if (label >= classes) {
        throw new FormatError(
          `${name}: wanted labels from 0 to ${classes - 1}, got ${label} at image ${at / (head + pixels)}`,
        )
      }
      y[example] = label
      const start = example * pixels
      const first = at + head
      for (let i = 0; i < pixels; i++) x[start + i] = bytes[first + i]! / 255
    }
  }
  return dataset({ x, y, shape: [3, 32, 32], classes, ...(classNames && { classNames }) })
}

function records(file: Uint8Array, name: string, size: number): Uint8Array {
  const bytes = unzip(file, name)
  if (bytes.length === 0 || bytes.length % size !== 0) {
    throw new FormatError(
      `${name}: wanted whole images of ${size} bytes, got ${bytes.length} bytes; the file is truncated, ` +
        'or of the other CIFAR',
    )
  }
  return bytes
}
