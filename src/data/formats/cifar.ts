import { malformed } from '../../core/mismatch.ts'
import { choice, custom, type OptionsOf, type ValuesOf } from '../../core/options.ts'
import { type Dataset, dataset, namesOf, texts } from '../dataset.ts'
import { unzip } from './gzip.ts'

const pixels = 3 * 32 * 32

/** Options for reading CIFAR's binary format. */
export const cifarOptions = {
  /** Format: 10 is CIFAR-10 (a label byte before each image), 100 is CIFAR-100 (coarse + fine). @default 10 */
  classes: custom<10 | 100>('10 or 100', (value) => value === 10 || value === 100, 10),
  /** For CIFAR-100, which labels to read: 'fine' (100 classes) or 'coarse' (20 classes). @default 'fine' */
  labels: choice(['fine', 'coarse'], 'fine'),
  /** Names of the classes 0, 1, …, in order. */
  classNames: texts,
}

export interface CifarOptions extends OptionsOf<typeof cifarOptions> {}

/**
 * Parses one or more files in CIFAR's binary format, gzipped or not, as one data set.
 *
 * @returns x `[3, 32, 32]` (red, green, blue), bytes / 255, so from 0 to 1; y int32
 * @throws {FormatError} when a file ends within an image, or a label is not one of the classes.
 *
 * Source: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
export function parseCifar(
  files: Iterable<{ readonly name: string; readonly bytes: Uint8Array }>,
  { classes: kind, labels, classNames }: ValuesOf<typeof cifarOptions>,
): Dataset {
  const isFine = labels === 'fine'
  const head = kind === 10 ? 1 : 2
  const classes = kind === 10 ? 10 : isFine ? 100 : 20
  const labelAt = kind === 100 && isFine ? 1 : 0
  const size = head + pixels
  const parts = Array.from(files, ({ name, bytes }) => ({ name, bytes: records(bytes, name, size) }))
  const count = parts.reduce((n, { bytes }) => n + bytes.length / size, 0)
  const x = new Float32Array(count * pixels)
  const y = new Int32Array(count)
  let example = 0
  for (const { name, bytes } of parts) {
    for (let at = 0; at < bytes.length; at += size, example++) {
      const label = bytes[at + labelAt]!
      if (label >= classes)
        throw malformed(name, `labels from 0 to ${classes - 1}`, `${label} at image ${at / size}`)
      y[example] = label
      const [first, start] = [at + head, example * pixels]
      for (let i = 0; i < pixels; i++) x[start + i] = bytes[first + i]! / 255
    }
  }
  return dataset({ x, y, shape: [3, 32, 32], classes, ...namesOf({ classNames }) })
}

/** Maximum ratio by which gzip may have shrunk photographs; CIFAR's own files are shrunk by 1.1 to 1.3. */
const mostRatio = 20

/** Decompresses a file, and checks that it is a whole number of records (labels + image) of `size` bytes. */
function records(file: Uint8Array, name: string, size: number): Uint8Array {
  const most = Math.max(1 << 26, mostRatio * file.length)
  const bytes = unzip(file, name, {
    bytes: most,
    reason: `more than ${mostRatio} times its size; photographs shrink less`,
  })
  if (bytes.length === 0 || bytes.length % size !== 0) {
    const fix = 'the file is truncated, or of the other CIFAR'
    throw malformed(name, `whole images of ${size} bytes`, `${bytes.length} bytes`, fix)
  }
  return bytes
}
