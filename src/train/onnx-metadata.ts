import { present } from '../core/options.ts'
import type { TensorSpecs } from '../data/record.ts'
import type { About } from './run-graph.ts'

/**
 * Returns what the metadata of an exported ONNX file tell of the model, as JSON by key: the names of features and
 * classes, what its output means, and the encoding and normalization that its input has gone through. Of several inputs
 * or outputs, it tells shape and type of each input, and meaning and classes of each output, by name.
 */
export const metadataOf = (about: About): Record<string, string> => {
  const { featureNames, classNames, answer, recipe, x, target } = about
  const entries = {
    'evenstep.features': featureNames,
    'evenstep.classes': classNames,
    'evenstep.inputs': x.tensors,
    'evenstep.outputs': target.tensors && outputsOf(about, target.tensors),
    'evenstep.output': answer,
    'evenstep.table': recipe?.encoding,
    'evenstep.normalized': recipe?.normalized.length ? recipe.normalized : undefined,
  }
  return Object.fromEntries(
    Object.entries(present(entries)).map(([key, value]) => [key, JSON.stringify(value)]),
  )
}

/** Describes each output of a model with several outputs: what it means, and the names of its classes. */
const outputsOf = ({ answers = {} }: About, tensors: TensorSpecs): object =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { classNames }]) => [
      name,
      present({ output: answers[name], classes: classNames }),
    ]),
  )
