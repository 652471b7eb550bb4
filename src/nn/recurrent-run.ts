import { pullback } from '../core/grad.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { rebuild } from '../onnx/rebuild.ts'
import { reshape, zerosOf } from '../ops/broadcast.ts'
import { concat, split, unbind } from '../ops/concat.ts'
import type { RecurrentRun, State } from './recurrent-kind.ts'
import { type Step, scan } from './scan.ts'

/** Runs over all steps with a copy of the operators for each: the output, `[length · batch, hiddenSize]`, and the last state. */
export function unrolled(run: RecurrentRun): { readonly output: Tensor; readonly last: State } {
  const { length, weights, products, next, real } = run
  const partsOf = (t: Tensor): Tensor[] => split(t, new Array<number>(length).fill(t.shape[0]! / length))
  const rows = run.rows.map(partsOf)
  const isReal = real && unbind(real)
  const order = [...Array(length).keys()]
  const outputs: Tensor[] = []
  let state = run.first
  for (const t of run.backwards ? order.reverse() : order) {
    const own = rows.map((parts) => parts[t]!)
    const after = next(own, products(state[0], weights), state, isReal?.[t])
    state = after.state
    outputs[t] = after.output
  }
  return { output: concat(outputs), last: state }
}

/** Number of steps from which one node is faster. Of 8 steps of a GRU, [128, 64], training takes 1.1 of the time. */
const fewest = 16

/**
 * Returns the output of a run so that one node can compute all steps, and another one all steps of the gradients. That
 * takes less time: what a step computes on the way stays in the cache, and the parts of sequences are not copied. With 64
 * steps, the graph has a thirtieth of the nodes, and compiles that much faster.
 *
 * @param output the same with a copy of the operators for each step
 */
export function rolled(run: RecurrentRun, output: Tensor): Tensor {
  if (run.length < fewest) return output
  const { willNeedGradients, output: ofAll, gradients } = rolledOf(run)
  const sources = [...run.rows, ...run.weights, ...defined(run.first)]
  return {
    ...output,
    sources,
    grad(dy) {
      willNeedGradients()
      let made: readonly Tensor[] | undefined
      const all = (): readonly Tensor[] => {
        made ??= gradients(dy)
        return made
      }
      return pullback([[output, dy]], sources).map((d, i) => ({ ...d, rolled: () => all()[i]! }))
    },
    rolled: ofAll,
  }
}

/** What is computed by one node: the output, and its gradient by the rows, the weights and the first state. */
interface Rolled {
  readonly output: () => Tensor
  readonly willNeedGradients: () => void
  readonly gradients: (dy: Tensor) => readonly Tensor[]
}

function rolledOf(run: RecurrentRun): Rolled {
  let needsGradients = false
  let made: { readonly forward: Forward; readonly backward: Backward | undefined } | undefined
  const both = (): NonNullable<typeof made> => {
    if (!made) {
      const step = stepOf(run)
      const backward = needsGradients ? backwardOf(step) : undefined
      made = { forward: forwardOf(run, step, backward?.saved ?? []), backward }
    }
    return made
  }
  return {
    output: () => flat(both().forward.output),
    willNeedGradients() {
      needsGradients = true
    },
    gradients(dy) {
      const { forward, backward } = both()
      return gradientsOf(run, forward, backward!, dy)
    },
  }
}

/** A step on stand-ins for what it takes. */
interface OneStep {
  readonly rows: readonly Tensor[]
  readonly weights: readonly Tensor[]
  readonly before: readonly Tensor[]
  readonly isReal: Tensor | undefined
  readonly products: readonly Tensor[]
  readonly state: readonly Tensor[]
  readonly output: Tensor
}

const standIn = ({ shape, dtype }: Tensor): Tensor => input(shape, dtype)
const defined = (state: State): readonly Tensor[] => state.filter((t) => t !== undefined)

function stepOf({ rows, weights, first, real, length, products, next }: RecurrentRun): OneStep {
  const own = {
    rows: rows.map(({ shape, dtype }) => input([shape[0]! / length, ...shape.slice(1)], dtype)),
    weights: weights.map(standIn),
    before: defined(first).map(standIn),
    isReal: real && input(real.shape.slice(1), 'bool'),
  }
  const made = products(own.before[0]!, own.weights)
  const { state, output } = next(own.rows, made, own.before as unknown as State, own.isReal)
  return { ...own, products: made, state: defined(state), output }
}

/** Sequences that the forward steps make, `[length, …]`. */
interface Forward {
  readonly output: Tensor
  /** Hidden state before each step. */
  readonly hidden: Tensor | undefined
  /** What backward steps need of the forward step. */
  readonly saved: readonly Tensor[]
}

function forwardOf(run: RecurrentRun, step: OneStep, saved: readonly Tensor[]): Forward {
  const before = saved.length > 0 ? [step.before[0]!] : []
  const { outputs } = scan({
    states: defined(run.first),
    sequences: sequencesOf(run),
    shared: run.weights,
    backwards: run.backwards,
    step: {
      inputs: [...step.before, ...partsOf(step), ...step.weights],
      states: step.state,
      outputs: [step.output, ...before, ...saved],
    },
  })
  const [output, ...others] = outputs
  return { output: output!, hidden: others[0], saved: others.slice(before.length) }
}

const sequencesOf = ({ rows, real, length }: RecurrentRun): readonly Tensor[] => [
  ...rows.map((t) => reshape(t, [length, t.shape[0]! / length, ...t.shape.slice(1)])),
  ...(real ? [real] : []),
]

const partsOf = ({ rows, isReal }: OneStep): readonly Tensor[] => [...rows, ...(isReal ? [isReal] : [])]

interface Backward {
  readonly step: Step
  /** Whether the backward step reads each part of the sequences that the forward step takes. */
  readonly reads: readonly boolean[]
  /** Other tensors of the forward step that the backward step reads. */
  readonly saved: readonly Tensor[]
}

/** Differentiates a step by its rows, its products and the state before it. */
function backwardOf(step: OneStep): Backward {
  const [ofOutput, ofState] = [standIn(step.output), step.state.map(standIn)]
  const outputs = [step.output, ...step.state]
  const gradients = pullback(
    outputs.map((t, i) => [t, [ofOutput, ...ofState][i]!]),
    [...step.before, ...step.rows, ...step.products],
  )
  const shared = new Set(step.weights)
  const forward = new Set(topological(outputs).filter((t) => t.op !== 'Constant' && !shared.has(t)))
  const beyond = (t: Tensor): readonly Tensor[] => (forward.has(t) ? [] : t.inputs)
  const needed = topological(gradients, beyond).filter((t) => forward.has(t))
  const reads = partsOf(step).map((t) => needed.includes(t))
  const parts = partsOf(step).filter((_, i) => reads[i])
  const saved = needed.filter((t) => !parts.includes(t))
  const read = new Map([...parts, ...saved].map((t) => [t, standIn(t)]))
  const made = rebuild(gradients, (t, before) => read.get(before) ?? t, beyond)
  const states = step.state.length
  return {
    step: {
      inputs: [...ofState, ofOutput, ...read.values(), ...step.weights],
      states: made.slice(0, states),
      outputs: made.slice(states),
    },
    reads,
    saved,
  }
}

/** Returns the gradients by the rows, the weights and the first state, given that by the output. */
function gradientsOf(run: RecurrentRun, forward: Forward, backward: Backward, dy: Tensor): readonly Tensor[] {
  const { rows, weights, first, products } = run
  const read = sequencesOf(run).filter((_, i) => backward.reads[i])
  const { states, outputs } = scan({
    states: defined(first).map(({ shape, dtype }) => zerosOf(shape, dtype)),
    sequences: [reshape(dy, forward.output.shape), ...read, ...forward.saved],
    shared: weights,
    backwards: !run.backwards,
    step: backward.step,
  })
  const all = outputs.map(flat)
  // The gradients of the weights are one product for all steps.
  const ofWeights = pullback(
    products(flat(forward.hidden!), weights).map((product, i) => [product, all[rows.length + i]!]),
    weights,
  )
  return [...all.slice(0, rows.length), ...ofWeights, ...states]
}

const flat = (t: Tensor): Tensor => reshape(t, [t.shape[0]! * t.shape[1]!, ...t.shape.slice(2)])
