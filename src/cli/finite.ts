import { allFinite } from '../core/dtype.ts'
import { NotFiniteError } from '../core/errors.ts'
import { variables } from '../core/state.ts'
import type { Evaluation } from '../train/evaluation.ts'
import type { OpenedRun } from '../train/open.ts'

/** @throws {NotFiniteError} when a weight or statistic of the run's model is NaN or infinite. */
export function checkWeights({ path, model }: OpenedRun): void {
  const broken = [...variables(model)].find(([, { data }]) => !allFinite(data))
  if (broken === undefined) return
  throw new NotFiniteError(
    `${path}: wanted a model whose numbers are all finite, got NaN or infinity in ${broken[0]}; ` +
      'take an earlier checkpoint, or train again at a lower rate',
  )
}

/** @throws {NotFiniteError} when the loss of a run's model is NaN or infinite. */
export function checkLoss({ path }: OpenedRun, { loss, accuracy }: Evaluation): void {
  if (Number.isFinite(loss)) return
  const why = Number.isNaN(accuracy)
    ? 'no label of the data counts, so the loss is 0/0'
    : 'look for numbers in the data that are not finite, or too large'
  throw new NotFiniteError(`${path}: wanted a finite loss, got ${loss}; ${why}`)
}
