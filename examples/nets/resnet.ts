import { nn, ops, type Tensor } from 'evenstep'

/**
 * ResNet-18, -34 and -50 for images of 3 channels, with torchvision's state names, so that its weights can be loaded:
 * `train.loadWeights(resnet50(1000), 'resnet50.safetensors')`.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1512.03385; as in torchvision, a bottleneck strides in its 3×3
 * convolution.
 */
export const resnet18 = (classes: number = 1000): ResNet => new ResNet(Basic, [2, 2, 2, 2], classes)

export const resnet34 = (classes: number = 1000): ResNet => new ResNet(Basic, [3, 4, 6, 3], classes)

export const resnet50 = (classes: number = 1000): ResNet => new ResNet(Bottleneck, [3, 4, 6, 3], classes)

interface BlockKind {
  /** Ratio of a block's output channels to the channels of its 3×3 convolution. */
  readonly expansion: number
  new (before: number, channels: number, stride: number): nn.Module
}

export class ResNet implements nn.Module {
  readonly conv1 = convolution(3, 64, 7, 2)
  readonly bn1 = new nn.BatchNorm2d(64)
  readonly relu = new nn.ReLU()
  readonly maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 })
  readonly layer1: nn.Sequential
  readonly layer2: nn.Sequential
  readonly layer3: nn.Sequential
  readonly layer4: nn.Sequential
  readonly avgpool = new nn.AdaptiveAvgPool2d(1)
  readonly flatten = new nn.Flatten()
  fc: nn.Module

  constructor(kind: BlockKind, blocks: readonly [number, number, number, number], classes: number) {
    const { expansion } = kind
    const stage = (before: number, channels: number, count: number, stride: number): nn.Sequential => {
      const rest = Array.from({ length: count - 1 }, () => new kind(channels * expansion, channels, 1))
      return new nn.Sequential(new kind(before, channels, stride), ...rest)
    }
    this.layer1 = stage(64, 64, blocks[0], 1)
    this.layer2 = stage(64 * expansion, 128, blocks[1], 2)
    this.layer3 = stage(128 * expansion, 256, blocks[2], 2)
    this.layer4 = stage(256 * expansion, 512, blocks[3], 2)
    this.fc = new nn.Linear(512 * expansion, classes)
  }

  /** @param x images, `[batch, 3, height, width]` @returns scores, `[batch, classes]` */
  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc } = this
    const layers = [conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc]
    return layers.reduce((y, layer: nn.Module) => layer.forward(y, mode), x)
  }
}

class Basic implements nn.Module {
  static readonly expansion = 1
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly relu = new nn.ReLU()
  readonly conv2: nn.Conv2d
  readonly bn2: nn.BatchNorm2d
  readonly downsample: nn.Sequential | undefined

  constructor(before: number, channels: number, stride: number) {
    this.conv1 = convolution(before, channels, 3, stride)
    this.bn1 = new nn.BatchNorm2d(channels)
    this.conv2 = convolution(channels, channels, 3)
    this.bn2 = new nn.BatchNorm2d(channels)
    this.downsample = projection(before, channels, stride)
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { conv1, bn1, relu, conv2, bn2, downsample } = this
    const y = bn2.forward(conv2.forward(relu.forward(bn1.forward(conv1.forward(x), mode))), mode)
    return relu.forward(ops.add(y, downsample ? downsample.forward(x, mode) : x))
  }
}

class Bottleneck implements nn.Module {
  static readonly expansion = 4
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly bn2: nn.BatchNorm2d
  readonly conv3: nn.Conv2d
  readonly bn3: nn.BatchNorm2d
  readonly relu = new nn.ReLU()
  readonly downsample: nn.Sequential | undefined

  constructor(before: number, channels: number, stride: number) {
    this.conv1 = convolution(before, channels, 1)
    this.bn1 = new nn.BatchNorm2d(channels)
    this.conv2 = convolution(channels, channels, 3, stride)
    this.bn2 = new nn.BatchNorm2d(channels)
    this.conv3 = convolution(channels, 4 * channels, 1)
    this.bn3 = new nn.BatchNorm2d(4 * channels)
    this.downsample = projection(before, 4 * channels, stride)
  }

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const { conv1, bn1, conv2, bn2, conv3, bn3, relu, downsample } = this
    let y = relu.forward(bn1.forward(conv1.forward(x), mode))
    y = relu.forward(bn2.forward(conv2.forward(y), mode))
    y = bn3.forward(conv3.forward(y), mode)
    return relu.forward(ops.add(y, downsample ? downsample.forward(x, mode) : x))
  }
}

/** Convolution without a bias, which batch normalization would cancel, padded so that stride 1 keeps the size. */
function convolution(before: number, channels: number, kernel: number, stride: number = 1): nn.Conv2d {
  const padding = (kernel - 1) / 2
  const layer = new nn.Conv2d(before, channels, kernel, { stride, padding, bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' })
  return layer
}

/** Returns the shortcut of a block that changes the shape; undefined if it does not. */
const projection = (before: number, channels: number, stride: number): nn.Sequential | undefined =>
  before === channels && stride === 1
    ? undefined
    : new nn.Sequential(convolution(before, channels, 1, stride), new nn.BatchNorm2d(channels))
