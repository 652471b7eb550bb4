import { nn, ops, type Tensor, Variable } from 'evenstep'

interface Options {
  /** Height and width of an image. @default 32 */
  readonly imageSize?: number
  /** Height and width of a patch; divides `imageSize`. @default 4 */
  readonly patchSize?: number
  /** Number of transformer blocks. @default 6 */
  readonly layers?: number
  /** Number of attention heads. @default 3 */
  readonly heads?: number
  /** Number of features of a patch; a multiple of `heads`. @default 192 */
  readonly hiddenDim?: number
  /** Number of features between the two layers of an MLP. @default 768 */
  readonly mlpDim?: number
  /** Number of classes. @default 10 */
  readonly classes?: number
  /** Probability of dropout. @default 0 */
  readonly dropout?: number
}

/**
 * Vision transformer for images of 3 channels, with the state names of torchvision's `VisionTransformer`, by default
 * with 2.7 million parameters for images of 32×32.
 *
 * Source: Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929.
 */
export class VisionTransformer implements nn.Module {
  readonly conv_proj: nn.Conv2d
  readonly classToken: Variable
  readonly encoder: Encoder
  heads: nn.Module

  constructor(given: Options = {}) {
    const { imageSize = 32, patchSize = 4, layers = 6, heads = 3, hiddenDim = 192, mlpDim = 768 } = given
    const { classes = 10, dropout = 0 } = given
    this.conv_proj = new nn.Conv2d(3, hiddenDim, patchSize, { stride: patchSize })
    this.conv_proj.weight.initializer = nn.init.truncatedNormal(0, Math.sqrt(1 / (3 * patchSize ** 2)))
    if (this.conv_proj.bias) this.conv_proj.bias.initializer = nn.init.zeros
    this.classToken = new Variable([1, 1, hiddenDim], nn.init.zeros)
    const length = (imageSize / patchSize) ** 2 + 1
    const blocks = Array.from({ length: layers }, () => new Block(hiddenDim, heads, mlpDim, dropout))
    this.encoder = new Encoder(length, hiddenDim, blocks, dropout)
    this.heads = new Head(hiddenDim, classes)
  }

  /** @param x images, `[batch, 3, imageSize, imageSize]` @returns scores, `[batch, classes]` */
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const patches = this.conv_proj.forward(x)
    const [batch, features] = patches.shape as [number, number]
    const rows = ops.transpose(ops.reshape(patches, [batch, features, -1]), [0, 2, 1])
    const token = ops.expand(this.classToken.value, [batch, 1, features])
    const y = this.encoder.forward(ops.concat([token, rows], 1), mode)
    return this.heads.forward(ops.reshape(ops.slice(y, [[], [0, 1]]), [batch, features]), mode)
  }
}

class Encoder implements nn.Module {
  readonly posEmbedding: Variable
  readonly dropout: nn.Dropout
  readonly layers: Readonly<Record<string, Block>>
  readonly ln: nn.LayerNorm

  constructor(length: number, features: number, blocks: readonly Block[], dropout: number) {
    this.posEmbedding = new Variable([1, length, features], nn.init.normal(0, 0.02))
    this.dropout = new nn.Dropout(dropout)
    this.layers = Object.fromEntries(blocks.map((block, i) => [`encoder_layer_${i}`, block]))
    this.ln = new nn.LayerNorm(features, { eps: 1e-6 })
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    let y = this.dropout.forward(ops.add(x, this.posEmbedding.value), mode)
    for (const layer of Object.values(this.layers)) y = layer.forward(y, mode)
    return this.ln.forward(y)
  }
}

class Block implements nn.Module {
  readonly ln_1: nn.LayerNorm
  readonly self_attention: nn.MultiheadAttention
  readonly dropout: nn.Dropout
  readonly ln_2: nn.LayerNorm
  readonly mlp: nn.Sequential

  constructor(features: number, heads: number, hidden: number, dropout: number) {
    this.ln_1 = new nn.LayerNorm(features, { eps: 1e-6 })
    this.self_attention = new nn.MultiheadAttention(features, heads, { batchFirst: true })
    this.dropout = new nn.Dropout(dropout)
    this.ln_2 = new nn.LayerNorm(features, { eps: 1e-6 })
    this.mlp = new nn.Sequential(
      linear(features, hidden),
      new nn.GELU(),
      new nn.Dropout(dropout),
      linear(hidden, features),
      new nn.Dropout(dropout),
    )
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const attended = this.dropout.forward(this.self_attention.forward(this.ln_1.forward(x), mode), mode)
    const y = ops.add(x, attended)
    return ops.add(y, this.mlp.forward(this.ln_2.forward(y), mode))
  }
}

class Head implements nn.Module {
  readonly head: nn.Linear

  constructor(features: number, classes: number) {
    this.head = new nn.Linear(features, classes)
    this.head.weight.initializer = nn.init.zeros
    if (this.head.bias) this.head.bias.initializer = nn.init.zeros
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(x)
  }
}

function linear(inputs: number, outputs: number): nn.Linear {
  const layer = new nn.Linear(inputs, outputs)
  layer.weight.initializer = nn.init.xavierUniform()
  if (layer.bias) layer.bias.initializer = nn.init.normal(0, 1e-6)
  return layer
}
