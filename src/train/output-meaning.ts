import type { IndexRange } from '../core/range.ts'
import type { Tensor } from '../core/tensor.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { rowSpec, type TensorSpecs } from '../data/record.ts'
import type { Source } from '../data/stream.ts'
import { type Answer, type Answered, meaningOfOutput } from './answer.ts'
import type { Meaning } from './evaluator.ts'
import { goalsIn } from './goals.ts'
import { type InputRange, inputRangeOf, type RangedInputs } from './input-range.ts'

/** The output and the target that a loss compares and, for a model of several outputs, what each output means. */
export interface NamedAnswered extends Answered {
  readonly outputs?: Readonly<Record<string, Meaning>>
}

/** Returns the permitted range of each input that a model uses as an index, such as one fed to an embedding. */
export function rangesOf(
  { tensors }: FieldSpec,
  inputs: ReadonlyMap<string, Tensor>,
  ranges: readonly IndexRange[],
): Pick<RangedInputs, 'range' | 'ranges'> {
  const each = [...inputs].flatMap(([name, t]): [string, InputRange][] => {
    const range = inputRangeOf(t, ranges)
    return range ? [[name, range]] : []
  })
  if (each.length === 0) return {}
  return tensors ? { ranges: Object.fromEntries(each) } : { range: each[0]![1] }
}

/** Returns shape and element type of a model's output for n examples; several outputs are joined into rows. */
export function outputSpec(outputs: ReadonlyMap<string, Tensor>, n: number): FieldSpec {
  const y = outputs.get('y')
  if (y !== undefined && outputs.size === 1) return { shape: y.shape, dtype: y.dtype }
  const spec = rowSpec(specsOf(outputs))
  return { ...spec, shape: [n, ...spec.shape] }
}

/** Returns the shape and element type of each output for one example. */
export const specsOf = (outputs: ReadonlyMap<string, Tensor>): TensorSpecs =>
  Object.fromEntries([...outputs].map(([name, { shape, dtype }]) => [name, { shape: shape.slice(1), dtype }]))

interface Answers {
  readonly answer?: Answer
  readonly answers?: Readonly<Record<string, Answer>>
}

/** Returns what the output of a model means or, if it has several, what each of them means. */
export function answersOf(answered: NamedAnswered, data: Source): Answers {
  const goals = goalsIn(answered.loss)
  if (goals === undefined) return { answer: meaningOfOutput(answered, data) }
  const each = goals.map(({ name, names, loss, output }) => {
    const { shape, dtype } = data.y.tensors![name]!
    const shapes = answered.outputs![name]!.shapes
    return [name, meaningOfOutput({ loss, output, shapes }, { ...names, y: { shape, dtype } })]
  })
  return { answers: Object.fromEntries(each) }
}
