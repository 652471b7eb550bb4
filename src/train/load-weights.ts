import { readOptions } from '../core/options.ts'
import { fileName, withFile } from '../data/files/read-file.ts'
import { fileSource } from '../disk/file-source.ts'
import { type LoadedWeights, type LoadOptions, loadOptions, loadTensors } from './assign-weights.ts'
import { readTensors } from './safetensors.ts'

/**
 * Loads the weights in a safetensors file, such as one written in PyTorch by `save_file(model.state_dict(), path)`,
 * into a model, like PyTorch's `load_state_dict`. Floats are rounded to the variable's type. For a weight that two
 * parts of the model share, the file may have either name, or both names with equal values.
 *
 * @returns names of the tensors loaded, missing and unexpected; with `strict`, the latter two lists are empty
 * @throws {FormatError} when the file is damaged, when a tensor has another shape or type, when no tensor fits, or,
 *   with `strict`, when one is missing or unexpected. The model is unchanged then.
 * @throws {ArgumentError} when `only` or `rename` matches nothing.
 * @example train.loadWeights(model, 'encoder.safetensors', { only: 'fc1', rename: { 'encoder.': 'fc1.' } }).missing // []
 */
export function loadWeights(model: object, path: string, given: LoadOptions = {}): LoadedWeights {
  const values = readOptions('loadWeights', loadOptions, given)
  const name = fileName(path)
  const tensors = withFile(path, (file) => readTensors(fileSource(file, path), name))
  return loadTensors(model, tensors, name, values)
}
