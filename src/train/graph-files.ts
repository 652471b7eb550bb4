import { basename, join } from '#files'
import { crc32 } from '#platform'
import { withChecksum } from '../core/checksum.ts'
import { DamagedError } from '../core/errors.ts'
import { readInside } from '../disk/inside.ts'
import { writeWhole } from '../disk/whole-file.ts'
import { otherBytes } from './tensor-file.ts'

/** Version of the format of the graph files. */
export const graphFormat = 1

/** Returns the paths of a run's graph files, which allow evaluation and export without the experiment's code. */
export const graphFiles = (folder: string): Readonly<Record<'about' | 'model' | 'loss', string>> => ({
  about: join(folder, 'inference.json'),
  model: join(folder, 'inference.onnx'),
  loss: join(folder, 'loss.onnx'),
})

/** CRC-32 of each of a run's ONNX files. */
export type GraphSums = Readonly<Partial<Record<'model' | 'loss', number>>>

/** Writes the graphs of a run, and their description with their checksums and its own. */
export function writeGraphFiles(
  folder: string,
  { about, ...graphs }: { readonly about: object; readonly model?: Uint8Array; readonly loss?: Uint8Array },
): void {
  const files = graphFiles(folder)
  const sums: Partial<Record<'model' | 'loss', number>> = {}
  for (const name of ['model', 'loss'] as const) {
    const bytes = graphs[name]
    if (bytes === undefined) continue
    writeWhole(files[name], bytes)
    sums[name] = crc32(bytes)
  }
  writeWhole(files.about, `${withChecksum({ ...about, sums }, '', 2)}\n`)
}

/**
 * Reads the ONNX file of a run's model or loss.
 *
 * @param sums checksums that `inference.json` has. @default none
 * @throws {DamagedError} when the file is missing, or has other bytes than the run wrote.
 */
export function readGraph(
  folder: string,
  name: 'model' | 'loss',
  sums: GraphSums = {},
): { readonly name: string; readonly bytes: Uint8Array } {
  const file = graphFiles(folder)[name]
  const bytes = readInside(file)
  if (bytes === undefined)
    throw new DamagedError(`${file}: wanted a file of the run, got none; the folder is damaged`)
  if (sums[name] !== undefined && crc32(bytes) !== sums[name]) throw otherBytes(file)
  return { name: basename(file), bytes }
}
