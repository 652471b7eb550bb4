import { constant, nn, ops, type Tensor } from 'evenstep'

interface Options {
  /** Number of different characters. @default 65, as in tiny Shakespeare */
  readonly vocabSize?: number
  /** Maximum number of characters that a prediction looks back at. @default 64 */
  readonly blockSize?: number
  /** Number of transformer blocks. @default 4 */
  readonly layers?: number
  /** Number of attention heads. @default 4 */
  readonly heads?: number
  /** Number of features of a character; a multiple of `heads`. @default 128 */
  readonly features?: number
  /** Probability of dropout. @default 0 */
  readonly dropout?: number
  /** Whether linear layers and layer normalizations have biases. @default false */
  readonly bias?: boolean
}
type Settings = Required<Options>

/**
 * A GPT for characters, with nanoGPT's state names and, by default, the sizes that nanoGPT proposes for a laptop. The
 * last layer shares its weights with the table of characters.
 *
 * Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
 */
export class CharGpt implements nn.Module {
  readonly transformer: {
    readonly wte: nn.Embedding
    readonly wpe: nn.Embedding
    readonly drop: nn.Dropout
    readonly h: readonly Block[]
    readonly ln_f: nn.LayerNorm
  }
  readonly lm_head: Pick<nn.Embedding, 'weight'>

  constructor(given: Options = {}) {
    const settings: Settings = {
      vocabSize: 65,
      blockSize: 64,
      layers: 4,
      heads: 4,
      features: 128,
      dropout: 0,
      bias: false,
      ...given,
    }
    const { vocabSize, blockSize, layers, features, dropout, bias } = settings
    this.transformer = {
      wte: table(vocabSize, features),
      wpe: table(blockSize, features),
      drop: new nn.Dropout(dropout),
      h: Array.from({ length: layers }, () => new Block(settings)),
      ln_f: new nn.LayerNorm(features, { bias }),
    }
    this.lm_head = { weight: this.transformer.wte.weight }
  }

  /** @param x characters, int32 `[batch, length]` @returns scores of the next ones, `[batch, vocabSize, length]` */
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { wte, wpe, drop, h, ln_f } = this.transformer
    const length = x.shape[1]!
    const places = constant(
      Array.from({ length }, (_, i) => i),
      [length],
      'int32',
    )
    let y = drop.forward(ops.add(wte.forward(x), wpe.forward(places)), mode)
    for (const block of h) y = block.forward(y, mode)
    return ops.transpose(ops.linear(ln_f.forward(y), this.lm_head.weight.value), [0, 2, 1])
  }
}

class Block implements nn.Module {
  readonly ln_1: nn.LayerNorm
  readonly attn: CausalSelfAttention
  readonly ln_2: nn.LayerNorm
  readonly mlp: Mlp

  constructor(settings: Settings) {
    const { features, bias } = settings
    this.ln_1 = new nn.LayerNorm(features, { bias })
    this.attn = new CausalSelfAttention(settings)
    this.ln_2 = new nn.LayerNorm(features, { bias })
    this.mlp = new Mlp(settings)
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const y = ops.add(x, this.attn.forward(this.ln_1.forward(x), mode))
    return ops.add(y, this.mlp.forward(this.ln_2.forward(y), mode))
  }
}

class CausalSelfAttention implements nn.Module {
  readonly c_attn: nn.Linear
  readonly c_proj: nn.Linear
  readonly attn_dropout: nn.Dropout
  readonly resid_dropout: nn.Dropout
  readonly #heads: number

  constructor(settings: Settings) {
    const { features, heads, dropout } = settings
    this.c_attn = linear(features, 3 * features, settings)
    this.c_proj = lastOfBranch(features, features, settings)
    this.attn_dropout = new nn.Dropout(dropout)
    this.resid_dropout = new nn.Dropout(dropout)
    this.#heads = heads
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const [batch, length, features] = x.shape as [number, number, number]
    const size = features / this.#heads
    const [q, k, v] = ops
      .chunk(this.c_attn.forward(x), 3, -1)
      .map((t) => ops.transpose(ops.reshape(t, [batch, length, this.#heads, size]), [0, 2, 1, 3]))
    const scores = ops.mul(ops.matmul(q!, ops.transpose(k!, [0, 1, 3, 2])), 1 / Math.sqrt(size))
    const seen = Array.from({ length: length ** 2 }, (_, i) => Number(i % length <= Math.floor(i / length)))
    const masked = ops.where(constant(seen, [length, length], 'bool'), scores, Number.NEGATIVE_INFINITY)
    const heads = ops.matmul(this.attn_dropout.forward(ops.softmax(masked), mode), v!)
    const joined = ops.reshape(ops.transpose(heads, [0, 2, 1, 3]), x.shape)
    return this.resid_dropout.forward(this.c_proj.forward(joined), mode)
  }
}

class Mlp implements nn.Module {
  readonly c_fc: nn.Linear
  readonly gelu = new nn.GELU()
  readonly c_proj: nn.Linear
  readonly dropout: nn.Dropout

  constructor(settings: Settings) {
    const { features, dropout } = settings
    this.c_fc = linear(features, 4 * features, settings)
    this.c_proj = lastOfBranch(4 * features, features, settings)
    this.dropout = new nn.Dropout(dropout)
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    return this.dropout.forward(this.c_proj.forward(this.gelu.forward(this.c_fc.forward(x))), mode)
  }
}

function linear(inputs: number, outputs: number, { bias }: Settings): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { bias })
  layer.weight.initializer = nn.init.normal(0, 0.02)
  if (layer.bias) layer.bias.initializer = nn.init.zeros
  return layer
}

/** The last layer of a residual branch: the more branches there are, the smaller its initial weights. */
function lastOfBranch(inputs: number, outputs: number, settings: Settings): nn.Linear {
  const layer = linear(inputs, outputs, settings)
  layer.weight.initializer = nn.init.normal(0, 0.02 / Math.sqrt(2 * settings.layers))
  return layer
}

function table(rows: number, features: number): nn.Embedding {
  const layer = new nn.Embedding(rows, features)
  layer.weight.initializer = nn.init.normal(0, 0.02)
  return layer
}
