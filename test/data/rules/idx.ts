import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../../../src/data/dataset.ts'
import { idxImages } from '../../../src/data/files/idx.ts'
import type { IdxOptions } from '../../../src/data/formats/idx.ts'
import { folder, type Reader } from './reading.ts'

/** Writes two IDX files of the given bytes, and reads images and labels from them. */
export const idx: Reader = (images: Uint8Array, labels: Uint8Array, options?: IdxOptions): Dataset => {
  const [x, y] = [join(folder, 'images.idx'), join(folder, 'labels.idx')]
  writeFileSync(x, images)
  writeFileSync(y, labels)
  return idxImages(x, y, options)
}
