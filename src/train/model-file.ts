import { join } from '#files'
import { joinBytes } from '../core/bytes.ts'
import { ArgumentError, DamagedError, FormatError } from '../core/errors.ts'
import { jsonIn } from '../core/json.ts'
import { integer, list, nested, readOptions, required } from '../core/options.ts'
import { readInside } from '../disk/inside.ts'
import { replaceFile, writeWhole } from '../disk/whole-file.ts'
import type { Stored } from './safetensors.ts'
import { otherBytes, sumOfChunks, sumOfInside, tensorsInside } from './tensor-file.ts'

// The model of a finished run is `model.safetensors`; `model.json` has the checksum of that file. A run that is
// resumed to more steps writes another model, so `model.json` has an entry for each number of steps at which the run
// has ended. The entry is written before the model: whenever the process is killed, the model that is there has one.

/** Version of the format of `model.json`. */
const format = 1

const count = integer({ min: 0 })

/** Fields of `model.json`. */
const fields = {
  format: required(integer({ min: 1 })),
  /**
   * Number of steps and CRC-32 checksum of each model that the run has written. `steps` is absent for a model that an
   * older version of Evenstep wrote.
   */
  models: required(list(required(nested({ steps: count, crc32: required(count) })))),
}

type Models = readonly { readonly steps?: number | undefined; readonly crc32: number }[]

const pathsOf = (run: string) => ({
  weights: join(run, 'model.safetensors'),
  about: join(run, 'model.json'),
})

/** Writes the model of a run that has ended after `steps`. @param flushes whether to flush the model to disk */
export async function writeModel(
  run: string,
  steps: number,
  model: readonly Uint8Array[],
  flushes: boolean,
): Promise<void> {
  const { weights, about } = pathsOf(run)
  const write = async (path: string, chunks: readonly Uint8Array[]): Promise<void> =>
    flushes ? replaceFile(path, chunks) : writeWhole(path, joinBytes(chunks))
  const sum = sumOfInside(weights)
  const former: Models = known(run) ?? (sum === undefined ? [] : [{ crc32: sum }])
  const models: Models = [
    ...former.filter((one) => one.steps !== steps),
    { steps, crc32: sumOfChunks(model) },
  ]
  await write(about, [new TextEncoder().encode(`${JSON.stringify({ format, models })}\n`)])
  await write(weights, model)
}

/**
 * Whether a run's folder has the model that the run wrote after `steps`. For a run of an older version of Evenstep,
 * which has no checksums: whether the folder has any model.
 */
export function hasModel(run: string, steps: number): boolean {
  const sum = sumOfInside(pathsOf(run).weights)
  if (sum === undefined) return false
  const models = known(run)
  return models === undefined || models.some((one) => one.steps === steps && one.crc32 === sum)
}

/**
 * Returns the tensors of a finished run's model by name.
 *
 * @throws {ArgumentError} when the run has not finished.
 * @throws {DamagedError} when the file has other bytes than were written.
 */
export function readFinished(run: string): Map<string, Stored> {
  const { weights } = pathsOf(run)
  const tensors = tensorsInside(weights, weights, (sum) => {
    // Read only after the model: a run that is writing both at this time writes the entry before the model.
    const models = modelsOf(run)
    if (models && !models.some(({ crc32 }) => crc32 === sum)) throw otherBytes(weights)
  })
  if (tensors) return tensors
  throw new ArgumentError(
    `${run}: wanted a finished run, got no model.safetensors; resume it first, or open its best checkpoint`,
  )
}

/** Returns the entries of `model.json`: an empty list if the file is damaged, undefined if there is no file. */
function known(run: string): Models | undefined {
  try {
    return modelsOf(run)
  } catch (error) {
    if (error instanceof DamagedError) return []
    throw error
  }
}

/** Returns the entries of `model.json`; undefined if there is no file. @throws {DamagedError} if it is damaged. */
function modelsOf(run: string): Models | undefined {
  const { about } = pathsOf(run)
  const bytes = readInside(about)
  if (bytes === undefined) return undefined
  const json = jsonIn(bytes)
  if (typeof json !== 'object' || json === null)
    throw new DamagedError(`${about}: wanted JSON, got something else; the file is damaged`)
  const { format: got } = json as { readonly format?: unknown }
  if (typeof got === 'number' && got > format)
    throw new FormatError(`${about}: wanted format ${format}, got ${got}; use a newer Evenstep`)
  try {
    return readOptions(about, fields, json).models
  } catch (error) {
    throw new DamagedError(`${(error as Error).message}; the file is damaged`)
  }
}
