import { expect } from 'vitest'
import type { Shape } from '../../src/core/shape.ts'
import { variables } from '../../src/core/state.ts'
import { input, type Tensor } from '../../src/core/tensor.ts'
import { trace, type Variable } from '../../src/core/variable.ts'
import { initialize, type Mode, type Module, toDType } from '../../src/nn/index.ts'
import { checkGradients } from './gradient-check.ts'

/** A module under test, and what is promised of it. */
export interface ModuleRow {
  /** The class, then the case after a comma. */
  readonly name: string
  readonly make: () => Module
  /** What it is given: a shape of floats, or a tensor of integers. */
  readonly input: Shape | Tensor
  readonly output: Shape
  /** Its variables by state name, in order. */
  readonly state: readonly string[]
  /** The variables that a forward pass in `train` changes; none by default. */
  readonly learns?: readonly string[]
  /** Whether each step in `train` draws something, so that differences between steps say nothing of slopes. */
  readonly draws?: boolean
  /** False where a second derivative does not exist. */
  readonly smooth?: boolean
  readonly call?: (module: Module, x: Tensor, mode: Mode) => Tensor
}

const isTensor = (input: Shape | Tensor): input is Tensor => 'op' in input
const inputOf = ({ input: given }: ModuleRow): Tensor => (isTensor(given) ? given : input(given))
const called = ({ call }: ModuleRow, module: Module, x: Tensor, mode: Mode): Tensor =>
  call ? call(module, x, mode) : module.forward(x, mode)

/** Assert its state names, the shape it gives in both modes, and which variables it changes. */
export function checkPromises(row: ModuleRow): void {
  const module = row.make()
  const names = new Map([...variables(module)].map(([name, v]) => [v, name]))
  expect([...names.values()]).toEqual(row.state)
  for (const mode of ['train', 'eval'] as const) {
    const { result, writes } = trace(() => called(row, module, inputOf(row), mode))
    expect(result.shape, mode).toEqual(row.output)
    expect(
      [...writes.keys()].map((v) => names.get(v)),
      mode,
    ).toEqual(mode === 'train' ? (row.learns ?? []) : [])
  }
}

/** Assert that its gradients by input and parameters are central differences, in float64. */
export async function checkModuleGradients(row: ModuleRow, mode: Mode): Promise<void> {
  const module = toDType(initialize(row.make(), 0), 'float64')
  const parameters = [...variables(module).values()].filter((v) => v.trainable)
  const floats = isTensor(row.input) ? [] : [row.input]
  await checkGradients({
    name: `${row.name} ${mode}`,
    shapes: [...floats, ...parameters.map((v: Variable) => v.shape)],
    smooth: row.smooth ?? true,
    f: (...given) => {
      const [x, values] = isTensor(row.input) ? [row.input, given] : [given[0]!, given.slice(1)]
      for (const [i, parameter] of parameters.entries()) parameter.assign(values[i]!)
      return called(row, module, x, mode)
    },
  })
}
