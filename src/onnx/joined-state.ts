import { sameShape, sizeOf } from '../core/shape.ts'
import { input, int64s, type Tensor, topological } from '../core/tensor.ts'
import type { TensorProto } from './messages.ts'
import { type Node, nodeProto, tensorProto } from './proto.ts'
import { rebuild } from './rebuild.ts'

// A step that joins some of its carried values, computes with the whole, and splits the result spends two operators on
// that at every step of a loop. A loop that carries the whole joins the values before its first step and splits them
// after its last.

/** Loop-carried values by name: each step reads the value that the previous step wrote. */
export type Carried = ReadonlyMap<string, { readonly read: Tensor; readonly written: Tensor }>

/** Several carried values of a loop, flattened and concatenated: what the loop carries instead of them. */
interface Joint {
  readonly name: string
  readonly parts: readonly (readonly [name: string, read: Tensor])[]
  readonly read: Tensor
  readonly written: Tensor
}

/** What a loop carries and returns. */
interface LoopState {
  readonly carried: Carried
  readonly outputs: ReadonlyMap<string, Tensor>
}

/**
 * Makes a loop carry, as one vector, each list of values that its step concatenates, and writes as parts of one vector.
 * Those that the step also reads one by one are carried too.
 */
export function joinState({
  carried,
  outputs,
}: LoopState): LoopState & { readonly joints: readonly Joint[] } {
  const names = new Map([...carried].map(([name, { read }]) => [read, name]))
  const joints = new Map<string, Joint>()
  const jointAt = (t: Tensor): Joint | undefined => {
    const parts = t.op === 'Concat' ? t.inputs.map((x) => names.get(unshaped(x))) : [undefined]
    if (parts.includes(undefined)) return undefined
    const list = parts as readonly string[]
    const key = list.join('\n')
    const joint = joints.get(key) ?? jointOf(list, carried)
    if (joint) joints.set(key, joint)
    return joint
  }
  const roots = [...outputs.values(), ...[...carried.values()].map(({ written }) => written)]
  for (const t of topological(roots)) jointAt(t)
  const wholes = [...joints.values()].map(({ written }) => written)
  const remade = rebuild([...roots, ...wholes], (t, before) => jointAt(before)?.read ?? t)
  const next = new Map([...roots, ...wholes].map((t, i) => [t, remade[i]!]))
  const all = [...joints.values()].map((joint) => ({ ...joint, written: next.get(joint.written)! }))
  const results = new Map([...outputs].map(([name, t]) => [name, next.get(t)!]))
  const joined = new Set(all.flatMap(({ parts }) => parts.map(([name]) => name)))
  const rest = [...carried].map(
    ([name, { read, written }]) => [name, { read, written: next.get(written)! }] as const,
  )
  const needed = [...all, ...rest.flatMap(([name, one]) => (joined.has(name) ? [] : [one]))]
  const used = new Set(topological([...results.values(), ...needed.map(({ written }) => written)]))
  const single = rest.filter(([name, { read }]) => !joined.has(name) || used.has(read))
  return {
    carried: new Map([...single, ...all.map((joint) => [joint.name, joint] as const)]),
    outputs: results,
    joints: all,
  }
}

/** Returns the tensor that `t` is a reshaped form of, or `t` itself. */
const unshaped = (t: Tensor): Tensor => (t.op === 'Reshape' ? t.inputs[0]! : t)

/** Returns several carried values as one; undefined unless a step writes them, in this order, as all parts of one vector. */
function jointOf(names: readonly string[], carried: Carried): Joint | undefined {
  const parts = names.map((name) => carried.get(name)!)
  const [whole] = unshaped(parts[0]!.written).inputs
  const areParts = parts.every(({ read, written }, index) => {
    const { op, inputs, output } = unshaped(written)
    const isPart = op === 'Split' && inputs[0] === whole && output?.index === index
    return isPart && output?.count === parts.length && sameShape(written.shape, read.shape)
  })
  if (!areParts || whole?.shape.length !== 1) return undefined
  return {
    name: `whole:${names[0]}`,
    parts: names.map((name, i) => [name, parts[i]!.read]),
    read: input(whole.shape, whole.dtype),
    written: whole,
  }
}

/** Nodes and constants of a model around its loop. */
interface Around {
  readonly before: readonly Node[]
  readonly after: readonly Node[]
  readonly constants: readonly TensorProto[]
}

/**
 * Makes the nodes that join carried values before a loop, and split them after it.
 *
 * @param isAlone whether the loop also carries a part by itself
 * @param next returns the name of a carried value after the loop
 */
export function aroundLoop(
  joints: readonly Joint[],
  isAlone: (name: string) => boolean,
  next: (name: string) => string,
): Around {
  const [before, after, constants]: [Node[], Node[], TensorProto[]] = [[], [], []]
  const shapeTo = (shape: readonly number[]): string => {
    const name = `shape:${shape}`
    if (!constants.some((one) => one.name === name)) constants.push(tensorProto(name, int64s(shape)))
    return name
  }
  for (const { name: whole, parts } of joints) {
    const flat = parts.map(([name, { shape }]) => {
      if (shape.length === 1) return name
      const vector = `flat:${name}`
      before.push(nodeProto('Reshape', [name, shapeTo([-1])], [vector]))
      return vector
    })
    before.push(nodeProto('Concat', flat, [whole], { axis: 0 }))
    if (parts.every(([name]) => isAlone(name))) continue
    const sizes = parts.map(([, { shape }]) => sizeOf(shape))
    const pieces = parts.map(([name, { shape }]) =>
      isAlone(name) || shape.length !== 1 ? `part:${name}` : next(name),
    )
    after.push(nodeProto('Split', [next(whole), shapeTo(sizes)], pieces, { axis: 0 }))
    for (const [i, [name, { shape }]] of parts.entries()) {
      if (isAlone(name) || shape.length === 1) continue
      after.push(nodeProto('Reshape', [pieces[i]!, shapeTo(shape)], [next(name)]))
    }
  }
  return { before, after, constants }
}
