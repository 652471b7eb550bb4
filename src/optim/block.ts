import { int64s, node, type Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { concat } from '../ops/concat.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedSettings } from './group.ts'
import type { Assignable, Rule, WeightOptions } from './rule.ts'
import { stateOf } from './state.ts'

// A network has many short vectors: biases, and the scales and shifts of normalization. An operator takes less time to
// compute one of them than to be called. An update that treats each element alone takes all of them in one vector.

/** A trained weight, with its name, its options and the optimizer-state variables that belong to it. */
export interface Member {
  readonly name: string
  readonly w: Variable
  readonly options: WeightOptions
  readonly buffers: ReadonlyMap<string, Variable>
}

/** Returns the variables of a weight's optimizer state, each with its name. */
export const namedState = ({ name, buffers }: Member): readonly (readonly [string, Variable])[] =>
  [...buffers].map(([key, variable]) => [`${key}.${name}`, variable] as const)

/** Makes the state of a weight, with the options of its groups. */
export function memberOf(rule: Rule, settings: GroupedSettings, name: string, w: Variable): Member {
  const options = settings.of(name, w)
  const buffers = Object.entries(rule.buffers?.(options) ?? {})
  return {
    name,
    w,
    options,
    buffers: new Map(buffers.map(([key, first]) => [key, stateOf(w, `${key}.${name}`, first)])),
  }
}

/** Returns the evaluation weights that the update rule itself keeps (as Schedule-Free does); undefined if none. */
export function ownEvaluation(
  { evaluation }: Rule,
  members: readonly Member[],
): EvaluationWeights | undefined {
  if (evaluation === undefined) return undefined
  return {
    variables: new Map(members.map(({ w, buffers }) => [w, buffers.get(evaluation)!])),
    batchNorm: 'recalibrate',
  }
}

/** One weight, or several vectors with the same options, joined: what an update rule computes at once. */
export interface UpdateBlock {
  /** Name of the weight, or of the first vector. */
  readonly name: string
  readonly w: Assignable
  readonly options: WeightOptions
  readonly buffers: ReadonlyMap<string, Assignable>
  /** Positions of the block's weights in the list of all weights. */
  readonly places: readonly number[]
}

/** Minimum number of vectors that are worth joining: joining and splitting are operators too. */
const few = 4

/** Groups the positions of variables so that vectors with equal keys can be joined; others remain alone. */
export function places(
  variables: readonly Variable[],
  keys: readonly unknown[] = variables.map(() => 0),
): number[][] {
  const groups = new Map<unknown, Map<string, number[]>>()
  const alone: number[][] = []
  for (const [i, { shape, dtype }] of variables.entries()) {
    const kinds = groups.get(keys[i]) ?? new Map<string, number[]>()
    groups.set(keys[i], kinds)
    if (shape.length === 1) kinds.set(dtype, [...(kinds.get(dtype) ?? []), i])
    else alone.push([i])
  }
  const vectors = [...groups.values()].flatMap((kinds) => [...kinds.values()])
  return [...alone, ...vectors.flatMap((group) => (group.length < few ? group.map((i) => [i]) : [group]))]
}

/** Makes one block of each weight or, with `joins`, of all vectors that have the same options. */
export function blocksOf(members: readonly Member[], joins: boolean): UpdateBlock[] {
  const variables = members.map(({ w }) => w)
  const groups = joins
    ? places(
        variables,
        members.map(({ options }) => options),
      )
    : members.map((_, i) => [i])
  return groups.map((group): UpdateBlock => {
    const all = group.map((i) => members[i]!)
    const { name, options, buffers } = all[0]!
    const buffer = (key: string): Assignable => joinedVectors(all.map((one) => one.buffers.get(key)!))
    return {
      name,
      options,
      w: joinedVectors(all.map(({ w }) => w)),
      buffers: new Map([...buffers.keys()].map((key) => [key, buffer(key)])),
      places: group,
    }
  })
}

/** Joins the gradients of all weights as the blocks join the weights. */
export const slopesOf = (blocks: readonly UpdateBlock[], gradients: readonly Tensor[]): Tensor[] =>
  blocks.map(({ places: group }) => concat(group.map((i) => gradients[i]!)))

/** Returns vectors concatenated, as one stored value. A single variable, of any shape, remains itself. */
export function joinedVectors(variables: readonly Variable[]): Assignable {
  if (variables.length === 1) return variables[0]!
  return {
    get value() {
      return concat(variables.map(({ value }) => value))
    },
    assign(next) {
      for (const [i, part] of parts(next, variables).entries()) variables[i]!.assign(part)
      return next
    },
  }
}

/** Splits a vector into parts as long as the given vectors, with one operator. */
function parts(whole: Tensor, variables: readonly Variable[]): Tensor[] {
  const sizes = int64s(variables.map(({ shape }) => shape[0]!))
  const count = variables.length
  return variables.map(({ shape }, index) =>
    node('Split', { inputs: [whole, sizes], attributes: { axis: 0 }, shape, output: { index, count } }),
  )
}
