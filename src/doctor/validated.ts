import { present } from '../core/options.ts'
import { type Dataset, subset } from '../data/dataset.ts'
import type { Evaluation } from '../train/evaluation.ts'
import type { Subject } from './subject.ts'

/** Loss and metrics measured on a part of the validation data. */
export interface Validated extends Evaluation {
  /** Number of examples in this part of the validation data. */
  readonly examples: number
}

/**
 * Evaluates a run's model on up to `most` validation examples, taken at even intervals and split into `parts` parts
 * of nearly equal size. Examples are dealt to the parts in turn, so that each part is a sample of them all.
 */
export async function validated(
  { task, signal, experiment: { data, batchSize } }: Subject,
  most: number,
  parts: number,
): Promise<readonly Validated[]> {
  const all: Validated[] = []
  for (const part of dealtInto(parts, evenSubset(data.validation, most))) {
    all.push({ examples: part.length, ...(await task.evaluate(part, present({ batchSize, signal }))) })
  }
  return all
}

/** Returns a data set with at most `most` examples, taken at even intervals from `dataset`. */
function evenSubset(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset
  const evenly = { length: most }
  return subset(
    dataset,
    Int32Array.from(evenly, (_, i) => Math.floor((i * dataset.length) / most)),
  )
}

/** Splits a data set into at most `parts` data sets, dealing out examples in turn; no part is empty. */
function dealtInto(parts: number, dataset: Dataset): readonly Dataset[] {
  const all = Int32Array.from({ length: dataset.length }, (_, i) => i)
  const count = Math.min(parts, dataset.length)
  return Array.from({ length: count }, (_, part) =>
    subset(
      dataset,
      all.filter((i) => i % count === part),
    ),
  )
}
