import { allFinite, type Data } from '../core/dtype.ts'
import { NotFiniteError } from '../core/errors.ts'
import type { Evaluation } from './evaluation.ts'

/** Checks that all weights and statistics of the run in `path` are finite. @throws {NotFiniteError} otherwise. */
export function checkWeights(
  path: string,
  tensors: Iterable<readonly [string, { readonly data: Data }]>,
): void {
  for (const [name, { data }] of tensors) {
    if (allFinite(data)) continue
    throw new NotFiniteError(
      `${path}: wanted a model whose numbers are all finite, got NaN or infinity in ${name}; ` +
        'take an earlier checkpoint, or train again at a lower rate',
    )
  }
}

/** Returns `evaluation` unchanged. @throws {NotFiniteError} when its loss is NaN or infinite. */
export function withFiniteLoss(path: string, evaluation: Evaluation): Evaluation {
  const { loss, accuracy } = evaluation
  if (Number.isFinite(loss)) return evaluation
  const why = Number.isNaN(accuracy)
    ? 'no label of the data counts, so the loss is 0/0'
    : 'look for numbers in the data that are not finite, or too large'
  throw new NotFiniteError(`${path}: wanted a finite loss, got ${loss}; ${why}`)
}
