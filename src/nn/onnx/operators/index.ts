import type { OperatorTable } from '../call.ts'
import { activation } from './activation.ts'
import { arithmetic, logic } from './arithmetic.ts'
import { indexing } from './indexing.ts'
import { lossOperators } from './loss.ts'
import { movement } from './movement.ts'
import { normalizing } from './normalization.ts'
import { pooling } from './pool.ts'
import { product } from './product.ts'
import { recurrent } from './recurrent.ts'
import { reductionOperators } from './reduction.ts'
import { resizing } from './resize.ts'
import { source } from './source.ts'

let table: OperatorTable | undefined

/** Returns all ONNX operators that can be imported, made when first needed. */
export function onnxOperators(): OperatorTable {
  if (table) return table
  const made: OperatorTable = Object.assign(
    Object.create(null) as object, // so that no operator has a name such as `constructor`
    arithmetic(),
    logic(),
    activation(),
    product(),
    pooling(),
    normalizing(),
    reductionOperators(),
    movement(),
    indexing(),
    resizing(),
    recurrent(),
    lossOperators(),
    source(),
  )
  table = made
  return made
}
