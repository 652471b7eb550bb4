import { nn } from 'evenstep'
import { type Cell, halfDecades } from './cell.ts'
import { cifar } from './data/cifar.ts'
import { block, conv3x3 } from './nets.ts'

export default {
  ...cifar,
  id: 'vision-cnn',
  field: 'vision',
  kind: 'CNN',
  net: 'ResNet-8 of 8, 16 and 32 channels, its first convolution with stride 2',
  optimizer: 'sgd',
  rates: { none: halfDecades(-5, -1), batch: halfDecades(-4, 0), layer: halfDecades(-4, 0) },
  batchSize: 32,
  steps: 300,
  gate: { measure: 'accuracy', value: 0.368, of: 'softmax regression' },
  model: (norm) =>
    new nn.Sequential(
      conv3x3(3, 8, 2),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      ...block(8, 8, 1, norm),
      ...block(8, 16, 2, norm),
      ...block(16, 32, 2, norm),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(32, 10),
    ),
} satisfies Cell
