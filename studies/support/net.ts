import { nn, ops, type Tensor, type Variable } from 'evenstep'

export interface NetOptions {
  /** Inputs, hidden layers and outputs. */
  readonly sizes: readonly number[]
  /** Whether hidden layers are batch-normalised; true. */
  readonly normalize?: boolean
  /** What follows the normalization; ReLU. */
  readonly activation?: (x: Tensor) => Tensor
  /** Batch normalization's eps; so small that no variance feels it, unless given. */
  readonly eps?: number
  /** Batch normalization's momentum; 0.1. */
  readonly momentum?: number
  /** Whether hidden layers have a bias; only without normalization, unless given. */
  readonly bias?: boolean
}

/** Less than every variance by so much that adding it changes no number, and 0 in float32. */
export const noEps = 1e-300

/** Linear → BatchNorm → activation, so many times, then Linear. He's first weights, no bias where BN follows. */
export class Net implements nn.Module {
  readonly hidden: readonly nn.Linear[]
  readonly norms: readonly nn.BatchNorm1d[]
  readonly out: nn.Linear
  readonly #activation: (x: Tensor) => Tensor

  constructor(options: NetOptions) {
    const { sizes, normalize = true, activation = ops.relu, eps = noEps, momentum = 0.1 } = options
    const { bias = !normalize } = options
    const widths = sizes.slice(1, -1)
    this.#activation = activation
    this.hidden = widths.map((width, i) => hidden(sizes[i]!, width, bias))
    this.norms = normalize ? widths.map((width) => new nn.BatchNorm1d(width, { eps, momentum })) : []
    const last = sizes.at(-2)!
    this.out = new nn.Linear(last, sizes.at(-1)!)
    this.out.weight.initializer = nn.init.normal(0, 1 / Math.sqrt(last))
    this.out.bias!.initializer = nn.init.zeros
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const last = this.hidden.reduce((h, layer, i) => {
      const z = layer.forward(h)
      return this.#activation(this.norms[i]?.forward(z, mode) ?? z)
    }, x)
    return this.out.forward(last)
  }

  /** The scale-invariant weights by name: those that a normalization follows. */
  get invariant(): Map<string, Variable> {
    return new Map(this.norms.map((_, i) => [`hidden.${i}.weight`, this.hidden[i]!.weight]))
  }
}

function hidden(inputs: number, outputs: number, bias: boolean): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { bias })
  layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })
  if (layer.bias) layer.bias.initializer = nn.init.zeros
  return layer
}

/** γ and β that are not all 1 and 0. */
export function mixAffine(net: Net): void {
  for (const norm of net.norms) {
    norm.weight!.initializer = nn.init.uniform(0.5, 1.5)
    norm.bias!.initializer = nn.init.uniform(-0.5, 0.5)
  }
}

/** A group of the hidden layers' weights alone, with options such as weight decay. */
export const hiddenWeights = <Options extends object>(
  options: Options,
): readonly ({ readonly match: string } & Options)[] => [{ match: '^hidden\\.\\d+\\.weight$', ...options }]
