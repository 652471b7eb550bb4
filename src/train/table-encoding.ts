import { type Recipe, recipeOf } from '../data/recipe.ts'
import type { TableEncoding } from '../data/table/encoding.ts'
import { tableNote } from '../data/table/note.ts'
import { withMetadata } from '../runtime/metadata.ts'
import type { Experiment } from './experiment.ts'

/** Returns the encoding of the rows of an experiment's table; undefined if its data are no table. */
export const encodingOf = ({ data }: Experiment): TableEncoding | undefined => recipeOf(data.train)?.encoding

/** Returns a note on how the columns of an experiment's table are encoded; undefined if its data are no table. */
export function noteOnTable(experiment: Experiment): string | undefined {
  const encoding = encodingOf(experiment)
  return encoding && tableNote(encoding)
}

/** Returns the ONNX file of a model with the encoding of its rows, if any, as the metadata `evenstep.table`. */
export function withTable(model: Uint8Array, recipe: Recipe | undefined): Uint8Array {
  const encoding = recipe?.encoding
  return encoding ? withMetadata(model, { 'evenstep.table': JSON.stringify(encoding) }) : model
}
