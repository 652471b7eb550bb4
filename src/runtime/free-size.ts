import type { Shape } from '../core/shape.ts'
import type { OpenShape } from '../onnx/model.ts'
import type { StepInput } from './traced.ts'

/** Symbol for an axis size that may differ from call to call: the number of rows (examples or requests). */
export const freeSize = 'N'

/** Shape of an input whose first axis has a free size: `['N', 100]`. */
export type FreeShape = readonly [typeof freeSize, ...number[]]

/** An input of a step as the caller declares it. */
interface GivenInput extends Omit<StepInput, 'shape'> {
  readonly shape: Shape | FreeShape
}

const isFree = ({ shape }: GivenInput): boolean => (shape as OpenShape)[0] === freeSize

/** Returns the names of the inputs whose first axis has a free size. */
export const freeInputs = (inputs: Readonly<Record<string, GivenInput>>): ReadonlySet<string> =>
  new Set(Object.keys(inputs).filter((name) => isFree(inputs[name]!)))

/** Returns the inputs with every free size replaced by `n`. */
export const inputsAt = (
  inputs: Readonly<Record<string, GivenInput>>,
  n: number,
): Readonly<Record<string, StepInput>> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      const shape = isFree(given) ? [n, ...(given.shape.slice(1) as number[])] : (given.shape as Shape)
      return [name, { ...given, shape }]
    }),
  )
