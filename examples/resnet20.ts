import { nn } from 'evenstep'

/**
 * ResNet-20 for images of 3 channels: a convolution, 3 stages of 3 blocks with 16, 32 and 64 channels, global
 * average pooling, a linear layer. Each block starts out as its shortcut: the last γ of its branch is 0.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1512.03385, section 4.2, with projections
 * (their option B) where the shape changes.
 */
export function resnet20(classes: number = 10): nn.Sequential {
  return new nn.Sequential(
    convolution(3, 16),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    ...stage(16, 16, 1),
    ...stage(16, 32, 2),
    ...stage(32, 64, 2),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(64, classes),
  )
}

const stage = (before: number, channels: number, stride: number): nn.Module[] => [
  block(before, channels, stride),
  block(channels, channels, 1),
  block(channels, channels, 1),
]

function block(before: number, channels: number, stride: number): nn.Module {
  const last = new nn.BatchNorm2d(channels)
  if (last.weight) last.weight.initializer = nn.init.zeros
  const branch = new nn.Sequential(
    convolution(before, channels, stride),
    new nn.BatchNorm2d(channels),
    new nn.ReLU(),
    convolution(channels, channels),
    last,
  )
  return new nn.Sequential(new nn.Residual(branch, shortcut(before, channels, stride)), new nn.ReLU())
}

const shortcut = (before: number, channels: number, stride: number): nn.Module =>
  before === channels
    ? new nn.Identity()
    : new nn.Sequential(
        new nn.Conv2d(before, channels, 1, { stride, bias: false }),
        new nn.BatchNorm2d(channels),
      )

/** 3×3, without a bias, which batch normalization would cancel. Weights as in the paper: normal, by fan-out. */
function convolution(before: number, channels: number, stride: number = 1): nn.Conv2d {
  const layer = new nn.Conv2d(before, channels, 3, { stride, padding: 1, bias: false })
  layer.weight.initializer = nn.init.kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' })
  return layer
}
