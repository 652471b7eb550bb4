import { bytesSource } from '../../core/byte-source.ts'
import { bytesOf } from '../../core/bytes.ts'
import { readOptions } from '../../core/options.ts'
import { type LoadedWeights, type LoadOptions, loadOptions, loadTensors } from '../assign-weights.ts'
import { readTensors } from '../safetensors.ts'

/**
 * Loads the weights in the bytes of a safetensors file into a model: see `loadWeights`.
 *
 * @param name file name to show in errors
 * @throws as `loadWeights` and `readSafetensors`. The model is unchanged then.
 */
export const loadSafetensors = (
  model: object,
  file: Uint8Array,
  name: string,
  given: LoadOptions = {},
): LoadedWeights => {
  const values = readOptions('loadSafetensors', loadOptions, given)
  return loadTensors(
    model,
    readTensors(bytesSource(bytesOf('loadSafetensors', file)), name),
    name,
    values,
    'loadSafetensors',
  )
}
