// ResNet-20 on CIFAR-10, with the usual augmentation. The files are in data/cifar10, or in the folder CIFAR10:
// CIFAR10=cifar-10-batches-bin npx evenstep train examples/cifar-resnet20.ts
import { existsSync } from 'node:fs'
import { data, ops, optim, schedule, train } from 'evenstep'
import { resnet20 } from './resnet20.ts'

const folder = process.env.CIFAR10 ?? 'data/cifar10'
if (!existsSync(folder)) {
  throw new Error(
    `cifar-resnet20: wanted CIFAR-10's binary version in ${folder}, got no such folder; ` +
      'unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, and name its folder: CIFAR10=FOLDER',
  )
}

console.error('to reach: validation accuracy 65 % from data_batch_1 and data_batch_2 alone')

const cifar = data.normalize(data.cifar10(folder), { per: 'channel' })

export default train.experiment({
  data: cifar,
  transform: [data.randomCrop({ padding: 4 }), data.horizontalFlip()],
  model: () => resnet20(),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({
    lr: schedule.oneCycle(0.4, { totalSteps: '100%' }),
    momentum: 0.9,
    weightDecay: 5e-4,
  }),
  batchSize: 128,
  epochs: 5,
})
