import { createHash } from 'node:crypto'
import type { Dataset, Split } from './dataset.ts'

/** A short text that differs when any number, shape or label of the data differs. */
export function fingerprint({ train, validation }: Split): string {
  const hash = createHash('sha256')
  for (const { length, x, y } of [train, validation] satisfies Dataset[]) {
    for (const { data, shape, dtype } of [x, y]) {
      hash.update(JSON.stringify([length, shape, dtype]))
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  }
  return hash.digest('hex').slice(0, 32)
}
