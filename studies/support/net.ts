import { nn, ops, type Tensor, type Variable } from 'evenstep'

export interface NetOptions {
  /** Widths of input, hidden layers and output. */
  readonly sizes: readonly number[]
  /** Whether hidden layers are batch-normalized. @default true */
  readonly normalize?: boolean
  /** Activation after the normalization. @default ops.relu */
  readonly activation?: (x: Tensor) => Tensor
  /** Batch normalization's eps. @default noEps */
  readonly eps?: number
  /** Batch normalization's momentum. @default 0.1 */
  readonly momentum?: number
  /** Whether hidden layers have a bias. @default !normalize */
  readonly bias?: boolean
}

/** So small that adding it changes no variance; 0 in float32. */
export const noEps = 1e-300

/** Blocks of Linear → BatchNorm → activation, then Linear. He initialization; no bias before BN. */
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

  /** The scale-invariant weights by name: those before a normalization. */
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

/** Initializes γ and β to values other than 1 and 0. */
export function mixAffine(net: Net): void {
  for (const norm of net.norms) {
    norm.weight!.initializer = nn.init.uniform(0.5, 1.5)
    norm.bias!.initializer = nn.init.uniform(-0.5, 0.5)
  }
}

/** A parameter group of the hidden layers' weights only, with options such as weight decay. */
export const hiddenWeights = <Options extends object>(
  options: Options,
): readonly ({ readonly match: string } & Options)[] => [{ match: '^hidden\\.\\d+\\.weight$', ...options }]
