import { nn, ops, type Tensor } from 'evenstep'

interface Options {
  /** Number of classes. @default 1000 */
  readonly classes?: number
  /** Probability of dropout before the last layer. @default 0.2 */
  readonly dropout?: number
}

/** Expansion, output channels, number of blocks and first stride of each stage. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/**
 * MobileNetV2 for images of 3 channels, with torchvision's state names.
 *
 * Source: Sandler et al. 2018, https://arxiv.org/abs/1801.04381, table 2.
 */
export class MobileNetV2 implements nn.Module {
  readonly features: nn.Sequential
  readonly avgpool = new nn.AdaptiveAvgPool2d(1)
  readonly flatten = new nn.Flatten()
  classifier: nn.Module

  constructor({ classes = 1000, dropout = 0.2 }: Options = {}) {
    const blocks: nn.Module[] = []
    let before = 32
    for (const [expansion, channels, count, first] of stages) {
      for (let i = 0; i < count; i++) {
        blocks.push(new InvertedResidual(before, channels, i === 0 ? first : 1, expansion))
        before = channels
      }
    }
    this.features = new nn.Sequential(convolution(3, 32, 3, 2), ...blocks, convolution(before, 1280, 1))
    const last = new nn.Linear(1280, classes)
    last.weight.initializer = nn.init.normal(0, 0.01)
    if (last.bias) last.bias.initializer = nn.init.zeros
    this.classifier = new nn.Sequential(new nn.Dropout(dropout), last)
  }

  /** @param x images, `[batch, 3, height, width]` @returns scores, `[batch, classes]` */
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { features, avgpool, flatten, classifier } = this
    return classifier.forward(flatten.forward(avgpool.forward(features.forward(x, mode))), mode)
  }
}

class InvertedResidual implements nn.Module {
  readonly conv: nn.Sequential
  readonly #isResidual: boolean

  constructor(before: number, channels: number, stride: number, expansion: number) {
    const hidden = before * expansion
    this.#isResidual = stride === 1 && before === channels
    this.conv = new nn.Sequential(
      ...(expansion === 1 ? [] : [convolution(before, hidden, 1)]),
      convolution(hidden, hidden, 3, stride, hidden),
      plain(hidden, channels, 1),
      new nn.BatchNorm2d(channels),
    )
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const y = this.conv.forward(x, mode)
    return this.#isResidual ? ops.add(x, y) : y
  }
}

/** A convolution with batch normalization and an activation. */
const convolution = (
  before: number,
  channels: number,
  kernel: number,
  stride: number = 1,
  groups: number = 1,
): nn.Sequential =>
  new nn.Sequential(
    plain(before, channels, kernel, stride, groups),
    new nn.BatchNorm2d(channels),
    new nn.ReLU6(),
  )

function plain(before: number, channels: number, kernel: number, stride = 1, groups = 1): nn.Conv2d {
  const padding = (kernel - 1) / 2
  const layer = new nn.Conv2d(before, channels, kernel, { stride, padding, groups, bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' })
  return layer
}
