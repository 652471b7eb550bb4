import { sameShape, sizeOf } from '../core/shape.ts'
import { int64s, node, type Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { reshape } from '../ops/broadcast.ts'
import { concat } from '../ops/concat.ts'
import type { Assignable, WeightOptions } from './rule.ts'
import type { Member } from './state.ts'

// A network has many short vectors: biases, and the scales and shifts of normalization; a small one has small matrices
// too. An operator takes less time to compute one of them than to be called. An update that treats each element alone
// takes all of them in one vector.

/** One weight, or several small ones with the same options, flattened and joined: what an update rule computes at once. */
export interface UpdateBlock {
  /** Name of the weight, or of the first of several. */
  readonly name: string
  readonly w: Assignable
  readonly options: WeightOptions
  readonly buffers: ReadonlyMap<string, Assignable>
  /** Positions of the block's weights in the list of all weights. */
  readonly places: readonly number[]
}

/** Minimum number of weights that are worth joining: joining and splitting are operators too. */
const few = 4

/**
 * Maximum number of elements of a matrix that is worth joining, as to join its gradient and split its new value takes
 * time too: 10 or more operators an element, as in AdamW, or 3, as in SGD with clipping.
 */
export const joinable = { long: 16_384, short: 2_048 } as const

/**
 * Groups the positions of variables so that those with equal keys can be joined: vectors, and matrices of at most
 * `largest` elements. Others remain alone.
 */
export function places(
  variables: readonly Variable[],
  keys: readonly unknown[] = variables.map(() => 0),
  largest: number = joinable.long,
): number[][] {
  const groups = new Map<unknown, Map<string, number[]>>()
  const alone: number[][] = []
  for (const [i, { shape, dtype }] of variables.entries()) {
    const kinds = groups.get(keys[i]) ?? new Map<string, number[]>()
    groups.set(keys[i], kinds)
    if (shape.length === 1 || sizeOf(shape) <= largest) kinds.set(dtype, [...(kinds.get(dtype) ?? []), i])
    else alone.push([i])
  }
  const joined = [...groups.values()].flatMap((kinds) => [...kinds.values()])
  return [...alone, ...joined.flatMap((group) => (group.length < few ? group.map((i) => [i]) : [group]))]
}

/**
 * Makes one block of each weight or, given a number of elements, of all weights that have the same options and are
 * vectors or at most that large.
 */
export function blocksOf(members: readonly Member[], largest?: number): UpdateBlock[] {
  const variables = members.map(({ w }) => w)
  const groups =
    largest !== undefined
      ? places(
          variables,
          members.map(({ options }) => options),
          largest,
        )
      : members.map((_, i) => [i])
  return groups.map((group): UpdateBlock => {
    const all = group.map((i) => members[i]!)
    const { name, options, buffers } = all[0]!
    const buffer = (key: string): Assignable => joinedVariables(all.map((one) => one.buffers.get(key)!))
    return {
      name,
      options,
      w: joinedVariables(all.map(({ w }) => w)),
      buffers: new Map([...buffers.keys()].map((key) => [key, buffer(key)])),
      places: group,
    }
  })
}

/** Joins the gradients of all weights as the blocks join the weights. */
export const slopesOf = (blocks: readonly UpdateBlock[], gradients: readonly Tensor[]): Tensor[] =>
  blocks.map(({ places: group }) => joined(group.map((i) => gradients[i]!)))

/** Returns variables flattened and concatenated, as one stored value. A single variable remains itself. */
export function joinedVariables(variables: readonly Variable[]): Assignable {
  if (variables.length === 1) return variables[0]!
  return {
    get value() {
      return joined(variables.map(({ value }) => value))
    },
    assign(next) {
      for (const [i, part] of parts(next, variables).entries()) variables[i]!.assign(part)
      return next
    },
  }
}

/** Flattens and concatenates tensors, a single one unchanged. Undoes `parts`: for all its results, returns the whole. */
function joined(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!
  const flat = tensors.map((t) => (t.op === 'Reshape' && t.inputs[0]!.op === 'Split' ? t.inputs[0]! : t))
  const first = flat[0]!
  const isWhole = (t: Tensor, i: number): boolean =>
    t.op === 'Split' && t.inputs[0] === first.inputs[0] && t.output!.index === i
  if (first.output?.count === flat.length && flat.every(isWhole)) return first.inputs[0]!
  return concat(tensors.map((t) => reshape(t, [sizeOf(t.shape)])))
}

/** Splits a vector into parts with the shapes of variables, with one operator, and one more for each matrix. */
function parts(whole: Tensor, variables: readonly Variable[]): Tensor[] {
  const sizes = int64s(variables.map(({ shape }) => sizeOf(shape)))
  const count = variables.length
  return variables.map(({ shape }, index) => {
    const flat = [sizeOf(shape)]
    const part = node('Split', {
      inputs: [whole, sizes],
      attributes: { axis: 0 },
      shape: flat,
      output: { index, count },
    })
    return sameShape(shape, flat) ? part : reshape(part, shape)
  })
}
