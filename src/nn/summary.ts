import { choice, type OptionsOf, readOptions } from '../core/options.ts'
import { type Shape, shapeOption, showShape, sizeOf } from '../core/shape.ts'
import { variables } from '../core/state.ts'
import { input, isTensor, type Tensor, topological } from '../core/tensor.ts'
import { count } from '../core/text.ts'
import { flopsOf } from './flops.ts'
import { checkLayer, type Module } from './module.ts'
import { modules } from './modules.ts'
import { type Call, callsOf } from './observe.ts'

/** One module of a model, as a row of a summary. */
export interface LayerSummary {
  /** Path of fields that leads from the model to the module; empty for the model itself. */
  readonly name: string
  /** Name of the module's class. */
  readonly kind: string
  /** Shape of the output of the module's last call; undefined if the model does not call the module. */
  readonly output: Shape | undefined
  /** Number of trainable parameters, excluding those of inner modules. */
  readonly parameters: number
  /** Floating-point operations summed over all calls of the module, excluding inner modules. */
  readonly flops: number
}

/** The modules of a model, with total parameters and FLOPs. `toString` returns a table. */
export interface Summary {
  readonly layers: readonly LayerSummary[]
  readonly parameters: number
  /** Floating-point operations of one forward pass in `eval`. */
  readonly flops: number
  toString(): string
}

const options = {
  /** Element type of the input. @default 'float32' */
  dtype: choice(['float32', 'float64', 'int32', 'int64', 'bool'], 'float32'),
}
export interface SummaryOptions extends OptionsOf<typeof options> {}

/**
 * Lists the modules of a model with their outputs, parameters and FLOPs for an input of `shape`. Traces the model
 * once, in `eval`, and computes nothing; weights may be uninitialized.
 *
 * @param shape the shape of a batch
 * @throws the model's own errors, if it does not accept such an input.
 * @example console.log(`${nn.summary(new Net(), [64, 100])}`)
 */
export function summary(model: Module, shape: Shape, given?: SummaryOptions): Summary {
  const { dtype } = readOptions('summary', options, given)
  checkLayer('summary', 'model', model)
  shapeOption.read('summary', 'shape', shape)
  const calls = callsOf(model, input(shape, dtype))
  const parameters = ownParameters(model)
  const flops = ownFlops(calls)
  const layers = [...modules(model)].map(
    ([name, module]): LayerSummary => ({
      name,
      kind: module.constructor.name,
      output: calls.findLast((call) => call.module === module)?.output.shape,
      parameters: parameters.get(name) ?? 0,
      flops: flops.get(module) ?? 0,
    }),
  )
  const total = (of: (layer: LayerSummary) => number): number =>
    layers.reduce((sum, layer) => sum + of(layer), 0)
  const totals = { parameters: total((l) => l.parameters), flops: total((l) => l.flops) }
  return { layers, ...totals, toString: () => table(layers, totals) }
}

/** Returns the number of trainable parameters of each module, excluding inner modules, by the module's path. */
function ownParameters(model: Module): Map<string, number> {
  const paths = [...modules(model).keys()].reverse() // inner ones before outer ones
  const counts = new Map<string, number>()
  for (const [name, { trainable, shape }] of variables(model)) {
    const owner = paths.find((path) => path === '' || name.startsWith(`${path}.`)) ?? ''
    if (trainable) counts.set(owner, (counts.get(owner) ?? 0) + sizeOf(shape))
  }
  return counts
}

/** Counts each module's FLOPs, excluding inner modules. In `calls`, inner calls come before outer ones. */
function ownFlops(calls: readonly Call[]): Map<Module, number> {
  const claimed = new Set<Tensor>()
  const flops = new Map<Module, number>()
  for (const { module, inputs, output } of calls) {
    const given = new Set(inputs.flatMap(tensorsIn))
    const inside = topological([output], (t) => (given.has(t) ? [] : t.inputs))
    const nodes = inside.filter((t) => !given.has(t) && !claimed.has(t))
    for (const t of nodes) claimed.add(t)
    const total = nodes.reduce((sum, t) => sum + flopsOf(t), flops.get(module) ?? 0)
    flops.set(module, total)
  }
  return flops
}

/** Returns the tensors in an argument of `forward`: the argument itself or, if it is an object, its fields. */
const tensorsIn = (given: unknown): Tensor[] =>
  isTensor(given) ? [given] : Object.values(given ?? {}).filter(isTensor)

function table(layers: readonly LayerSummary[], totals: Pick<Summary, 'parameters' | 'flops'>): string {
  const rows = [
    ['layer', 'kind', 'output', 'parameters', 'FLOPs'],
    ...layers.map(({ name, kind, output, parameters, flops }) => {
      const shape = output ? showShape(output) : '–'
      return [name || '(model)', kind, shape, count(parameters), count(flops)]
    }),
    ['total', '', '', count(totals.parameters), count(totals.flops)],
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return rows.map(line).join('\n')
}
