import { allFinite } from '../../core/dtype.ts'
import { Variable } from '../../core/variable.ts'
import type { FileNode } from '../../onnx/foreign.ts'
import type { FileTensor, TensorValue } from '../../onnx/foreign-tensor.ts'
import { type Candidate, type LayerWeight, layerFor, type Neighbours } from './layers.ts'
import { modulePath, place, variablePath } from './names.ts'
import { constantOutputs, isStatistic, isWeight, type Use, usesOfConstants } from './uses.ts'

// Turns the constants of a graph that are weights into variables, in layers where a layer computes what a node does.

/** Where the layer of a node lies in the network, and what the graph does around it. */
export interface BoundLayer {
  readonly path: readonly string[]
  readonly padsBefore: boolean
}

/** The network's layers by the nodes that they compute, and its other variables. */
export interface Bound {
  readonly layers: ReadonlyMap<FileNode, BoundLayer>
  /** Nodes that a layer computes together with the one before, whose output they pass on. */
  readonly passes: ReadonlySet<FileNode>
  /** Paths of variables that belong to no layer, by constant. */
  readonly variables: ReadonlyMap<FileTensor, readonly string[]>
}

export interface BindOptions {
  readonly nodes: readonly FileNode[]
  readonly constants: ReadonlyMap<string, FileTensor>
  readonly outputs: readonly string[]
  readonly ranks: ReadonlyMap<string, number>
  readonly who: string
  readonly isTrainable: (name: string) => boolean
  readonly read: (tensor: FileTensor) => TensorValue
  /** Makes a constant that the graph reads, before the file is let go of. */
  readonly keep: (tensor: FileTensor) => void
}

/** Makes the layers and variables of a graph as fields of `root`. */
export function bindWeights(root: object, options: BindOptions): Bound {
  return new Binder(root, options).bind()
}

class Binder {
  readonly #root: object
  readonly #options: BindOptions
  readonly #uses: Map<FileTensor, Use[]>
  /** Nodes that read a tensor, by its name. */
  readonly #readers = new Map<string, FileNode[]>()
  readonly #shared = new Map<FileTensor, Variable>()

  constructor(root: object, options: BindOptions) {
    this.#root = root
    this.#options = options
    this.#uses = usesOfConstants(options.nodes, options.constants)
    for (const node of options.nodes) {
      for (const name of node.inputs) {
        const known = this.#readers.get(name)
        if (known) known.push(node)
        else this.#readers.set(name, [node])
      }
    }
  }

  bind(): Bound {
    const candidates = this.#candidates()
    const layers = new Map<FileNode, BoundLayer>()
    const passes = new Set<FileNode>()
    const made = new Map<string, BoundLayer>()
    this.#options.nodes.forEach((node, index) => {
      const found = candidates.get(node)
      if (!found) return
      if (found.adds) passes.add(found.adds)
      const key = keyOf(node, found)
      const bound = made.get(key) ?? this.#place(node, index, found)
      made.set(key, bound)
      layers.set(node, bound)
    })
    const variables = this.#rest(new Set([...layers.keys(), ...passes]))
    const { nodes, constants, outputs, keep } = this.#options
    constantOutputs(nodes, constants, outputs).forEach(keep)
    for (const tensor of [...this.#uses.keys(), ...constants.values()]) release(tensor)
    return { layers, passes, variables }
  }

  /** Returns the layers of nodes, without those whose weight another node reads untransposed. */
  #candidates(): Map<FileNode, Candidate> {
    const { nodes } = this.#options
    const near = this.#neighbours()
    const found = new Map<FileNode, Candidate>()
    for (const node of nodes) {
      const layer = layerFor(node, near)
      if (layer) found.set(node, layer)
    }
    const turned = (tensor: FileTensor, { node }: Use): boolean =>
      found.get(node)?.weights.some((one) => one.tensor === tensor && one.turned) ?? false
    for (const [tensor, uses] of this.#uses) {
      const all = uses.map((use) => turned(tensor, use))
      if (all.includes(true) && all.includes(false)) {
        for (const [i, { node }] of uses.entries()) if (all[i]) found.delete(node)
      }
    }
    return found
  }

  #neighbours(): Neighbours {
    const { constants, ranks, outputs, who } = this.#options
    return {
      who,
      weight: (node, slot) => {
        const tensor = constants.get(node.inputs[slot] ?? '')
        return tensor && isWeight(tensor, { node, slot, index: 0 }) ? tensor : undefined
      },
      rank: (name) => ranks.get(name),
      reader: (name) => {
        const readers = this.#readers.get(name) ?? []
        return readers.length === 1 && !outputs.includes(name) ? readers[0] : undefined
      },
    }
  }

  #place(node: FileNode, index: number, { module, weights, padsBefore = false }: Candidate): BoundLayer {
    const path = place(this.#root, modulePath(node, weights[0]!.tensor, index), module)
    const fields = weights.map((weight) => [weight.field, this.#layerVariable(path, weight)] as const)
    Object.assign(module, Object.fromEntries(fields))
    const counter = (module as { numBatchesTracked?: Variable }).numBatchesTracked
    counter?.initialize(0)
    return { path, padsBefore }
  }

  /** Returns a layer's variable. A matrix that several nodes read is one variable; a vector is each layer's own. */
  #layerVariable(path: readonly string[], { field, tensor, turned, statistic }: LayerWeight): Variable {
    const isTied = tensor.dims.length >= 2 && this.#uses.get(tensor)!.length > 1
    const known = isTied ? this.#shared.get(tensor) : undefined
    if (known) return known
    const made = this.#variable(tensor, statistic ? undefined : [...path, field], turned)
    if (isTied) this.#shared.set(tensor, made)
    return made
  }

  /** @param path path of the weight; undefined of a running statistic */
  #variable(tensor: FileTensor, path: readonly string[] | undefined, turned = false): Variable {
    const { shape, dtype, data } = this.#options.read(tensor)
    const [rows, columns] = shape as [number, number]
    const own = turned ? transposedData(data as Float32Array, rows, columns) : data
    const sizes = turned ? [columns, rows] : shape
    const variable = new Variable(sizes, () => own as Float32Array, { trainable: path !== undefined, dtype })
    variable.data = own
    if (path !== undefined) variable.trainable = this.#options.isTrainable(path.join('.'))
    return variable
  }

  /** Makes variables of the weights that no layer has. */
  #rest(inLayers: ReadonlySet<FileNode>): Map<FileTensor, readonly string[]> {
    const found = new Map<FileTensor, readonly string[]>()
    for (const [tensor, uses] of this.#uses) {
      const own = uses.filter(({ node }) => !inLayers.has(node))
      const first = own.find((use) => isWeight(tensor, use))
      // A mask, such as one of −∞, does not learn.
      const isMask = first && !allFinite(this.#options.read(tensor).data)
      if (!first || isMask) {
        if (own.length > 0) this.#options.keep(tensor)
        continue
      }
      const path = variablePath(first.node, first.slot, tensor, first.index)
      const shared = this.#shared.get(tensor)
      const variable = shared ?? this.#variable(tensor, own.every(isStatistic) ? undefined : path)
      found.set(tensor, place(this.#root, path, variable))
    }
    return found
  }
}

/** Lets go of a constant's bytes, which are a view of the whole file's. */
function release(tensor: FileTensor): void {
  delete tensor.rawData
  delete tensor.floatData
}

/** Nodes of one key compute the same layer. */
const keyOf = ({ op, inputs, attributes }: FileNode, { adds, weights }: Candidate): string => {
  const plain = [...attributes].filter(([, value]) => typeof value !== 'object' || Array.isArray(value))
  const names = weights.map(({ tensor }) => tensor.name)
  return JSON.stringify([op, inputs.slice(1), names, plain, adds !== undefined])
}

function transposedData(data: Float32Array | Float64Array, rows: number, columns: number): typeof data {
  const turned = data.slice()
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!
  return turned
}
