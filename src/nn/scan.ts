import { type Body, node, type Tensor } from '../core/tensor.ts'

/** Steps of a sequence, computed by one node. */
export interface Scan {
  /** First value of each state. */
  readonly states: readonly Tensor[]
  /** Sequences `[length, …]`, one or more, of which each step takes its own part. */
  readonly sequences: readonly Tensor[]
  /** Tensors that all steps read. */
  readonly shared: readonly Tensor[]
  /** Whether the last step comes first. */
  readonly backwards: boolean
  readonly step: Step
}

/** The graph of a step. */
export interface Step {
  /** Stand-ins for the states, the parts of the sequences, and what is shared, in this order. */
  readonly inputs: readonly Tensor[]
  /** Value of each state after the step. */
  readonly states: readonly Tensor[]
  /** Parts of the sequences that the steps make. */
  readonly outputs: readonly Tensor[]
}

let bodies = 0

/** Returns the last value of each state, and for each output of the step, the sequence `[length, …]`. */
export function scan({ states, sequences, shared, backwards, step }: Scan): {
  readonly states: readonly Tensor[]
  readonly outputs: readonly Tensor[]
} {
  const length = sequences[0]!.shape[0]!
  const made = [...new Set(step.outputs)]
  const taken = states.length + sequences.length
  const body: Body = { id: bodies++, inputs: step.inputs, outputs: [...step.states, ...made], taken }
  const direction = Number(backwards)
  const recipe = {
    inputs: [...states, ...sequences, ...shared],
    attributes: {
      num_scan_inputs: sequences.length,
      scan_input_directions: sequences.map(() => direction),
      scan_output_directions: made.map(() => direction),
    },
    body,
  }
  const all = body.outputs.map(({ shape, dtype }, index) =>
    node('Scan', {
      ...recipe,
      shape: index < states.length ? shape : [length, ...shape],
      dtype,
      output: { index, count: body.outputs.length },
    }),
  )
  return {
    states: all.slice(0, states.length),
    outputs: step.outputs.map((t) => all[states.length + made.indexOf(t)]!),
  }
}
