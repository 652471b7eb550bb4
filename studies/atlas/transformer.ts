import { constant, nn, ops, type Tensor } from 'evenstep'
import type { Norm } from './cell.ts'
import { EachPosition, linear } from './nets.ts'

/** Options of `Transformer`. */
export interface TransformerOptions {
  /** Number of features of each token. */
  readonly features: number
  readonly length: number
  readonly width: number
  readonly heads: number
  readonly blocks: number
  /** Whether a position attends to those before it only. */
  readonly causal: boolean
  readonly norm: Norm
}

/**
 * A transformer with normalization before each branch, from tokens `[batch, length, features]` to states `[batch,
 * length, width]`, normalized. Without normalization, each branch's last weights are initially 0.
 */
export class Transformer implements nn.Module {
  readonly embedding: nn.Linear
  readonly positions: nn.Embedding
  readonly blocks: readonly Block[]
  readonly norm: EachPosition

  constructor(options: TransformerOptions) {
    const { features, length, width, blocks } = options
    this.embedding = new nn.Linear(features, width)
    this.positions = new nn.Embedding(length, width)
    this.positions.weight.initializer = nn.init.normal(0, 0.1)
    this.blocks = Array.from({ length: blocks }, () => new Block(options))
    this.norm = new EachPosition(new nn.BatchNorm1d(width))
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const embedded = ops.add(this.embedding.forward(x), this.positions.weight.value)
    const states = this.blocks.reduce((state, block) => block.forward(state, mode), embedded)
    return this.norm.forward(states, mode)
  }
}

/** Attention and an MLP of twice the width, each a branch after a normalization. */
class Block implements nn.Module {
  readonly norm1: EachPosition
  readonly attention: nn.MultiheadAttention
  readonly norm2: EachPosition
  readonly mlp: nn.Sequential
  readonly #mask: Tensor | undefined

  constructor({ width, heads, length, causal, norm }: TransformerOptions) {
    const last = new nn.Linear(2 * width, width)
    this.norm1 = new EachPosition(new nn.BatchNorm1d(width))
    this.attention = new nn.MultiheadAttention(width, heads, { batchFirst: true })
    this.norm2 = new EachPosition(new nn.BatchNorm1d(width))
    this.mlp = new nn.Sequential(linear(width, 2 * width).withBias(), new nn.ReLU(), last)
    this.#mask = causal ? later(length) : undefined
    if (norm !== 'none') return
    this.attention.out_proj.weight.initializer = nn.init.zeros
    last.weight.initializer = nn.init.zeros
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const inputs = this.#mask && { attnMask: this.#mask }
    const attended = ops.add(x, this.attention.forward(this.norm1.forward(x, mode), mode, inputs))
    return ops.add(attended, this.mlp.forward(this.norm2.forward(attended, mode), mode))
  }
}

/** Scores to add, `[length, length]`: very low for positions after the query's. */
const later = (length: number): Tensor =>
  constant(
    Float32Array.from({ length: length ** 2 }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0)),
    [length, length],
  )
