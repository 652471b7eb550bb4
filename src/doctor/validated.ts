import { type Dataset, subset } from '../data/dataset.ts'
import type { Evaluation } from '../train/evaluation.ts'
import type { Subject } from './subject.ts'

/** What was measured on a part of the validation data. */
export interface Validated extends Evaluation {
  /** Number of examples of the part. */
  readonly examples: number
}

/**
 * Evaluates a run's model on up to `most` validation examples, taken at even intervals, in `parts` parts of equal
 * size or nearly so. The examples are dealt to the parts in turn, so that each is a sample of the whole.
 */
export async function validated(
  { task, experiment: { data, batchSize } }: Subject,
  most: number,
  parts: number,
): Promise<readonly Validated[]> {
  const all: Validated[] = []
  for (const part of dealtInto(parts, evenSubset(data.validation, most))) {
    all.push({ examples: part.length, ...(await task.evaluate(part, { batchSize })) })
  }
  return all
}

/** Returns a data set of at most `most` examples, taken at even intervals from `dataset`. */
function evenSubset(dataset: Dataset, most: number): Dataset {
  if (dataset.length <= most) return dataset
  const evenly = { length: most }
  return subset(
    dataset,
    Int32Array.from(evenly, (_, i) => Math.floor((i * dataset.length) / most)),
  )
}

/** Deals the examples of a data set in turn into `parts` data sets, or one per example if there are fewer. */
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
