import { constant, nn, ops, type Tensor } from 'evenstep'
import type { Norm } from './cell.ts'

// Every hidden layer has batch normalization, which an arm may replace or remove. Over sequences, each feature is
// normalized over batch and positions; in its place, layer normalization normalizes each position.

/** A linear layer with He's initial weights and no bias, since a normalization that adds one follows. */
export function linear(inputs: number, outputs: number): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })
  return layer
}

/** An MLP: its hidden layers, and what else differs. */
export interface MlpOptions {
  readonly inputs: number
  readonly hidden: readonly number[]
  readonly classes: number
  readonly norm: Norm
  /** Probability of dropout after each hidden layer. @default 0 */
  readonly dropout?: number
}

/**
 * Hidden layers `Linear → BatchNorm → ReLU` and a linear layer. With SkipInit, which needs residual branches, each
 * hidden layer after the first is one, without a normalization.
 */
export const mlp = ({ inputs, hidden, classes, norm, dropout = 0 }: MlpOptions): nn.Module[] => [
  ...hidden.flatMap((size, i) => [
    ...hiddenLayer(hidden[i - 1] ?? inputs, size, norm, i === 0),
    ...(dropout > 0 ? [new nn.Dropout(dropout)] : []),
  ]),
  new nn.Linear(hidden.at(-1)!, classes),
]

function hiddenLayer(inputs: number, size: number, norm: Norm, isFirst: boolean): nn.Module[] {
  const layer = linear(inputs, size)
  if (norm !== 'skipInit') return [layer, new nn.BatchNorm1d(size), new nn.ReLU()]
  const plain = [layer.withBias(), new nn.ReLU()]
  return isFirst ? plain : [new nn.Residual(new nn.Sequential(...plain, new nn.SkipInit()))]
}

/** How a convolution slides, and what normalizes its outputs. */
export interface ConvOptions {
  /** @default 1 */
  readonly stride?: number
  /** @default 'batch', which an arm may replace */
  readonly norm?: Norm
}

/**
 * `Conv1d → BatchNorm → ReLU`, or a convolution with standardized weights and ReLU; as long as its input if `stride` is
 * 1 and `size` is odd.
 */
export function conv1d(
  inputs: number,
  outputs: number,
  size: number,
  options: ConvOptions = {},
): nn.Module[] {
  const { stride = 1, norm = 'batch' } = options
  const sliding = { stride, padding: size >> 1 }
  if (norm === 'standardized')
    return [new nn.StandardizedConv1d(inputs, outputs, size, sliding), new nn.ReLU()]
  const layer = new nn.Conv1d(inputs, outputs, size, { ...sliding, bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })
  return [layer, new nn.BatchNorm1d(outputs), new nn.ReLU()]
}

/** A 3×3 convolution with He's initial weights and no bias. */
export function conv3x3(inputs: number, outputs: number, stride: number = 1): nn.Conv2d {
  const layer = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ nonlinearity: 'relu' })
  return layer
}

/**
 * ResNet's basic block. Without normalization, the branch's last weights are initially 0, so that the block is its
 * shortcut, as in SkipInit (De & Smith 2020, https://arxiv.org/abs/2002.10444).
 */
export function block(inputs: number, outputs: number, stride: number, norm: Norm): nn.Module[] {
  const last = conv3x3(outputs, outputs)
  if (norm === 'none') last.weight.initializer = nn.init.zeros
  const branch = new nn.Sequential(
    conv3x3(inputs, outputs, stride),
    new nn.BatchNorm2d(outputs),
    new nn.ReLU(),
    last,
    new nn.BatchNorm2d(outputs),
  )
  const projection = new nn.Conv2d(inputs, outputs, 1, { stride, bias: false })
  const shortcut = new nn.Sequential(projection, new nn.BatchNorm2d(outputs))
  return [inputs === outputs ? new nn.Residual(branch) : new nn.Residual(branch, shortcut), new nn.ReLU()]
}

/** Applies layers for vectors to each position: `[batch, length, features]` to `[batch, length, outputs]`. */
export class EachPosition implements nn.Module {
  readonly layers: nn.Sequential

  constructor(...layers: readonly nn.Module[]) {
    this.layers = new nn.Sequential(...layers)
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const [batch, length, features] = x.shape as [number, number, number]
    const y = this.layers.forward(ops.reshape(x, [batch * length, features]), mode)
    return ops.reshape(y, [batch, length, y.shape[1]!])
  }
}

/**
 * Gated recurrent units with normalized input projections, `[batch, length, features]` to the last state
 * `[batch, hidden]`. Source: Laurent et al. 2015, https://arxiv.org/abs/1510.01378, with one normalization for all
 * gates.
 */
export class NormalizedGru implements nn.Module {
  readonly input: EachPosition
  readonly recurrent: nn.Linear
  readonly #hidden: number

  constructor(features: number, hidden: number) {
    const input = new nn.Linear(features, 3 * hidden, { bias: false })
    input.weight.initializer = nn.init.xavierUniform()
    this.input = new EachPosition(input, new nn.BatchNorm1d(3 * hidden))
    this.recurrent = new nn.Linear(hidden, 3 * hidden)
    this.recurrent.weight.initializer = nn.init.orthogonal()
    this.#hidden = hidden
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const projected = ops.unbind(this.input.forward(x, mode), 1)
    const shape = [x.shape[0]!, this.#hidden] as const
    const start = constant(new Float32Array(shape[0] * shape[1]), shape)
    return projected.reduce((state, input) => this.#step(input, state), start)
  }

  #step(input: Tensor, state: Tensor): Tensor {
    const [xr, xz, xn] = ops.chunk(input, 3, 1) as [Tensor, Tensor, Tensor]
    const [hr, hz, hn] = ops.chunk(this.recurrent.forward(state), 3, 1) as [Tensor, Tensor, Tensor]
    const z = ops.sigmoid(ops.add(xz, hz))
    const n = ops.tanh(ops.add(xn, ops.mul(ops.sigmoid(ops.add(xr, hr)), hn)))
    return ops.add(n, ops.mul(z, ops.sub(state, n)))
  }
}
