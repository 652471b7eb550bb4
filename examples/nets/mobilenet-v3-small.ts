import { nn, ops, type Tensor } from 'evenstep'

interface Options {
  /** Number of classes. @default 1000 */
  readonly classes?: number
  /** Probability of dropout before the last layer. @default 0.2 */
  readonly dropout?: number
}

/** Channels before, kernel, expanded channels, output channels, squeeze-and-excitation, hard swish, stride. */
const blocks = [
  [16, 3, 16, 16, true, false, 2],
  [16, 3, 72, 24, false, false, 2],
  [24, 3, 88, 24, false, false, 1],
  [24, 5, 96, 40, true, true, 2],
  [40, 5, 240, 40, true, true, 1],
  [40, 5, 240, 40, true, true, 1],
  [40, 5, 120, 48, true, true, 1],
  [48, 5, 144, 48, true, true, 1],
  [48, 5, 288, 96, true, true, 2],
  [96, 5, 576, 96, true, true, 1],
  [96, 5, 576, 96, true, true, 1],
] as const
type Row = (typeof blocks)[number]

/**
 * MobileNetV3-small for images of 3 channels, with torchvision's state names and options of batch normalization.
 *
 * Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244, table 2.
 */
export class MobileNetV3Small implements nn.Module {
  readonly features: nn.Sequential
  readonly avgpool = new nn.AdaptiveAvgPool2d(1)
  readonly flatten = new nn.Flatten()
  classifier: nn.Module

  constructor({ classes = 1000, dropout = 0.2 }: Options = {}) {
    this.features = new nn.Sequential(
      convolution(3, 16, 3, { stride: 2, activation: new nn.Hardswish() }),
      ...blocks.map((row) => new InvertedResidual(row)),
      convolution(96, 576, 1, { activation: new nn.Hardswish() }),
    )
    const linear = (inputs: number, outputs: number): nn.Linear => {
      const layer = new nn.Linear(inputs, outputs)
      layer.weight.initializer = nn.init.normal(0, 0.01)
      if (layer.bias) layer.bias.initializer = nn.init.zeros
      return layer
    }
    this.classifier = new nn.Sequential(
      linear(576, 1024),
      new nn.Hardswish(),
      new nn.Dropout(dropout),
      linear(1024, classes),
    )
  }

  /** @param x images, `[batch, 3, height, width]` @returns scores, `[batch, classes]` */
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { features, avgpool, flatten, classifier } = this
    return classifier.forward(flatten.forward(avgpool.forward(features.forward(x, mode))), mode)
  }
}

class InvertedResidual implements nn.Module {
  readonly block: nn.Sequential
  readonly #isResidual: boolean

  constructor([before, kernel, hidden, channels, squeezes, swish, stride]: Row) {
    const activation = () => (swish ? new nn.Hardswish() : new nn.ReLU())
    this.#isResidual = stride === 1 && (before as number) === channels
    this.block = new nn.Sequential(
      ...((hidden as number) === before
        ? []
        : [convolution(before, hidden, 1, { activation: activation() })]),
      convolution(hidden, hidden, kernel, { stride, groups: hidden, activation: activation() }),
      ...(squeezes ? [new SqueezeExcitation(hidden, divisible(hidden / 4))] : []),
      convolution(hidden, channels, 1),
    )
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const y = this.block.forward(x, mode)
    return this.#isResidual ? ops.add(x, y) : y
  }
}

/** Scales each channel by a factor from 0 to 1, computed from the means of all channels. */
class SqueezeExcitation implements nn.Module {
  readonly avgpool = new nn.AdaptiveAvgPool2d(1)
  readonly fc1: nn.Conv2d
  readonly activation = new nn.ReLU()
  readonly fc2: nn.Conv2d
  readonly scale_activation = new nn.Hardsigmoid()

  constructor(channels: number, squeezed: number) {
    this.fc1 = initialized(new nn.Conv2d(channels, squeezed, 1))
    this.fc2 = initialized(new nn.Conv2d(squeezed, channels, 1))
  }

  forward(x: Tensor): Tensor {
    const { avgpool, fc1, activation, fc2, scale_activation } = this
    const squeezed = activation.forward(fc1.forward(avgpool.forward(x)))
    return ops.mul(scale_activation.forward(fc2.forward(squeezed)), x)
  }
}

interface ConvolutionOptions {
  readonly stride?: number
  readonly groups?: number
  readonly activation?: nn.Module
}

/** A convolution with batch normalization and, if given, an activation. */
function convolution(
  before: number,
  channels: number,
  kernel: number,
  { stride = 1, groups = 1, activation }: ConvolutionOptions = {},
): nn.Sequential {
  const padding = (kernel - 1) / 2
  return new nn.Sequential(
    initialized(new nn.Conv2d(before, channels, kernel, { stride, padding, groups, bias: false })),
    new nn.BatchNorm2d(channels, { eps: 0.001, momentum: 0.01 }),
    ...(activation ? [activation] : []),
  )
}

function initialized(layer: nn.Conv2d): nn.Conv2d {
  layer.weight.initializer = nn.init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' })
  if (layer.bias) layer.bias.initializer = nn.init.zeros
  return layer
}

/** Returns the multiple of 8 that is nearest to a number of channels, but at least 8 and 90 % of that number. */
function divisible(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8)
  return nearest < 0.9 * channels ? nearest + 8 : nearest
}
