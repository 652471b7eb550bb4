import { readOptions } from '../core/options.ts'
import { variables } from '../core/state.ts'
import { recordSources } from '../core/weight-source.ts'
import { fileName } from '../data/files/read-file.ts'
import { type LoadedWeights, type LoadOptions, loadOptions, loadTensors } from './assign-weights.ts'
import { readWeightFiles } from './weights/weight-files.ts'

/**
 * Loads the weights in a safetensors file, such as one written in PyTorch by `save_file(model.state_dict(), path)`,
 * into a model, like PyTorch's `load_state_dict`. Floats are rounded to the variable's type. For a weight that two
 * parts of the model share, the file may have either name, or both names with equal values. Of a model in several
 * files, name the index: `model.safetensors.index.json`.
 *
 * Model and file must have the same tensors, or those that `only` and `prefix` select: nothing is skipped because it
 * does not fit.
 *
 * @returns names of the tensors that were loaded, and of the file's others
 * @throws {FormatError} when a file is damaged, when a tensor has another shape or type, or when one is missing or
 *   unexpected. The model is unchanged then.
 * @throws {ArgumentError} when `only`, `prefix` or `rename` matches nothing.
 * @example train.loadWeights(model, 'encoder.safetensors', { only: 'fc1', rename: { 'encoder.': 'fc1.' } }).ignored // []
 */
export function loadWeights(model: object, path: string, given: LoadOptions = {}): LoadedWeights {
  const values = readOptions('loadWeights', loadOptions, given)
  const files = readWeightFiles(path)
  const tensors = new Map(files.flatMap(({ tensors }) => [...tensors]))
  const result = loadTensors(model, tensors, fileName(path), values)
  const named = variables(model)
  recordSources(
    result.loaded.map((name) => named.get(name)!),
    files.map(({ source }) => source),
  )
  return result
}
