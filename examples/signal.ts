// Tells a tone from a chirp in noisy signals of 128 samples, by one-dimensional convolutions.
// Run it with: npx evenstep train examples/signal.ts --test
import { data, nn, ops, optim, random, train } from 'evenstep'

console.error('to reach: validation accuracy 97 %')

const length = 128

/** Sines in equally strong noise: class 0 keeps its frequency, class 1 doubles or halves it. */
function signals(count: number, seed: number): data.Dataset {
  const stream = random(seed, 'signal')
  const x = new Float32Array(count * length)
  const y = Int32Array.from({ length: count }, (_, i) => i % 2)
  for (let i = 0; i < count; i++) {
    const first = stream.uniform(6, 16) // periods in the window
    const last = y[i] === 0 ? first : first * (stream.uniform() < 0.5 ? 2 : 0.5)
    const phase = stream.uniform()
    for (let t = 0; t < length; t++) {
      const u = t / length
      const periods = phase + first * u + ((last - first) * u * u) / 2
      x[i * length + t] = Math.sin(2 * Math.PI * periods) + stream.normal(0, Math.SQRT1_2)
    }
  }
  return data.dataset({ x, y, shape: [1, length], classNames: ['tone', 'chirp'] })
}

const layer = (before: number, channels: number, kernel: number): nn.Module[] => [
  new nn.Conv1d(before, channels, kernel, { padding: 'same', bias: false }),
  new nn.BatchNorm1d(channels),
  new nn.ReLU(),
  new nn.MaxPool1d(2),
]

export default train.experiment({
  data: { train: signals(4096, 0), validation: signals(1024, 1), test: signals(1024, 2) },
  model: () =>
    new nn.Sequential(
      ...layer(1, 16, 15),
      ...layer(16, 32, 9),
      ...layer(32, 32, 5),
      new nn.Flatten(),
      new nn.Linear(32 * 16, 2),
    ),
  loss: ops.crossEntropy,
  optimizer: optim.adamw({ lr: 'oneCycle 0.01', weightDecay: 0.01 }),
  batchSize: 64,
  epochs: 10,
})
