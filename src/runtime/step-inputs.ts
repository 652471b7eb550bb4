import { mismatch } from '../core/mismatch.ts'
import { boolean, custom, readOptions, required } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import { dtypeOption } from '../core/tensor.ts'
import { type FreeShape, freeSize } from './free-size.ts'
import type { StepInput } from './traced.ts'

/** Shape and element type of one of a step's inputs. */
export interface InputSpec extends Omit<StepInput, 'shape'> {
  /**
   * Sizes of the axes. `'N'` as the first size leaves it free: it may differ from call to call, but must be the
   * same for all such inputs of a call. The step must then neither assign to variables nor use `loop`.
   */
  readonly shape: Shape | FreeShape
}

const inputOptions = {
  shape: required(
    custom<InputSpec['shape']>(`a list of integers ≥ 0, or of '${freeSize}' and integers`, (value) => {
      const sizes = Array.isArray(value) && value[0] === freeSize ? value.slice(1) : value
      return Array.isArray(sizes) && sizes.every((size) => Number.isInteger(size) && size >= 0)
    }),
  ),
  dtype: dtypeOption,
  fixed: boolean(),
}

/** Checks the inputs of a step, and that its body is a function. */
export function checkStep(inputs: unknown, body: unknown): void {
  if (typeof inputs !== 'object' || inputs === null) {
    throw mismatch('compile', 'inputs by name, such as { x: { shape: [64, 3] } }', inputs)
  }
  for (const [name, spec] of Object.entries(inputs)) {
    // The field of a data set has the numbers as well.
    const own: unknown = typeof spec === 'object' && spec !== null ? { ...spec, data: undefined } : spec
    const known =
      typeof own === 'object' && 'data' in Object(spec)
        ? { ...inputOptions, data: custom('numbers', () => true) }
        : inputOptions
    readOptions(`compile: ${name}`, known, known === inputOptions ? spec : own)
  }
  if (typeof body !== 'function') throw mismatch('compile', 'a function of the inputs', body)
}
