import { data, nn, ops, optim, schedule, train } from 'evenstep'

const files = {
  train: {
    images: new URL('../../../assets/mnist-10x10/train-images.idx3.gz', import.meta.url),
    labels: new URL('../../../assets/mnist-10x10/train-labels.idx1.gz', import.meta.url),
  },
  validation: {
    images: new URL('../../../assets/mnist-10x10/test-images.idx3.gz', import.meta.url),
    labels: new URL('../../../assets/mnist-10x10/test-labels.idx1.gz', import.meta.url),
  },
}

async function fetched(url: URL): Promise<ReturnType<typeof data.parseIdx>> {
  const response = await fetch(url)
  return data.parseIdx(new Uint8Array(await response.arrayBuffer()), url.pathname)
}

async function digits({ images, labels }: { readonly images: URL; readonly labels: URL }) {
  const [pixels, y] = await Promise.all([fetched(images), fetched(labels)])
  const x = Float32Array.from(pixels.data as Uint8Array, (byte) => byte / 255)
  return data.dataset({ x, y: Int32Array.from(y.data as Uint8Array), shape: [100], classes: 10 })
}

train.serve({
  digits: async () =>
    train.experiment({
      data: { train: await digits(files.train), validation: await digits(files.validation) },
      model: () =>
        new nn.Sequential(
          new nn.BatchNorm1d(100), // of pixels from 0 to 1
          new nn.Linear(100, 256, { bias: false }),
          new nn.BatchNorm1d(256),
          new nn.ReLU(),
          new nn.Linear(256, 10),
        ),
      loss: ops.crossEntropy,
      optimizer: optim.adamw({ lr: schedule.oneCycle(0.01, { totalSteps: '100%' }) }),
      batchSize: 128,
      epochs: 3,
    }),
})
