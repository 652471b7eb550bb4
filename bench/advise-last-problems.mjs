// More problems of which no result was seen before `advise` was finished, of 300 to 4,000 examples.
import { readFileSync } from 'node:fs'
import { data, nn, ops, optim } from '../src/index.ts'
import { colourPair, drawn, embedded, folder, hashed, mlp, parts, signalNet } from './advise-problems.mjs'

const { sgd, adamw } = optim

/** Photographs of aeroplanes and of birds at 16×16 pixels in three colours. */
const wings = () => colourPair('wings', [0, 2], [2000, 500, 1500], ['data_batch_1', 'data_batch_2'])

/** Handwritten fours, sevens and nines at 14×14 pixels. */
function strokes() {
  const images = data.readIdx(folder('mnist/t10k-images-idx3-ubyte.gz'))
  const labels = data.readIdx(folder('mnist/t10k-labels-idx1-ubyte.gz'))
  const classes = [4, 7, 9]
  const chosen = Array.from(labels.data.keys()).filter((i) => classes.includes(Number(labels.data[i])))
  const x = new Float32Array(chosen.length * 196)
  for (const [row, i] of chosen.entries()) {
    for (let p = 0; p < 784; p++) {
      const at = 14 * (Math.floor(p / 28) >> 1) + ((p % 28) >> 1)
      x[196 * row + at] += Number(images.data[784 * i + p]) / 1020
    }
  }
  const y = Int32Array.from(chosen, (i) => classes.indexOf(Number(labels.data[i])))
  return parts(data.dataset({ x, y, shape: [1, 14, 14], classes: 3 }), [1600, 400, 1000], 'strokes')
}

/** Beats of the hearts of other patients. */
function beats() {
  const { x, y } = data.readNpz(folder('mitbih-beats/test.npz'))
  const set = data.dataset({
    x: Float32Array.from(x.data, (value) => Number(value) / 50),
    y: Int32Array.from(y.data, Number),
    shape: [128],
    classes: 4,
  })
  return parts(set, [2400, 600, 2000], 'beats')
}

/** Speeches of plays: do Romeo and Juliet speak, or Petruchio and Katharina? Words in 300 buckets. */
function speakers() {
  const speeches = readFileSync(folder('tiny-shakespeare/input.txt'), 'utf8').split('\n\n')
  const voices = new Map([
    ['ROMEO', 0],
    ['JULIET', 0],
    ['PETRUCHIO', 1],
    ['KATHARINA', 1],
  ])
  const lines = speeches.flatMap((speech) => {
    const [name, ...words] = speech.split(/:\n|\s+/)
    const label = voices.get(name)
    return label === undefined ? [] : [{ label, text: words.join(' ').toLowerCase() }]
  })
  return parts(
    hashed(lines, 300, (text) => text.split(/[^a-z']+/)),
    [280, 70, 150],
    'speakers',
  )
}

/** Points of five numbers, of which three tell the shell of a ball that they lie in; one label in 15 is wrong. */
const shells = () =>
  drawn('shells', [400, 100, 2000], { shape: [5], classes: 3 }, (stream) => {
    const x = Array.from({ length: 5 }, () => stream.normal())
    const radius = Math.hypot(x[0], x[1], x[2])
    const shell = (radius > 1.25 ? 1 : 0) + (radius > 1.9 ? 1 : 0)
    return { x, y: stream.uniform() < 1 / 15 ? Math.floor(3 * stream.uniform()) : shell }
  })

/** The yield of a reaction of seven quantities, two of which do nothing, with noise. */
const reaction = () =>
  drawn('reaction', [240, 60, 2000], { shape: [7], targetShape: [1] }, (stream) => {
    const x = Array.from({ length: 7 }, () => stream.uniform(-1.7, 1.7))
    const rate = Math.tanh(1.5 * x[0]) * x[1] + 1.5 * Math.exp(-(x[2] ** 2)) - 0.5 * x[3] * x[4]
    return { x, y: rate - 0.8 + stream.normal(0, 0.25) }
  })

/** The logarithm of how long a queue is, from twelve numbers of which it takes ratios. */
const queue = () =>
  drawn('queue', [3200, 800, 2000], { shape: [12], targetShape: [1] }, (stream) => {
    const x = Array.from({ length: 12 }, () => stream.normal())
    const [arrivals, service] = [Math.exp(0.4 * x[0] + 0.3 * x[1]), Math.exp(0.3 * x[2] - 0.2 * x[3])]
    const load = arrivals / (arrivals + service)
    return { x, y: 3 * (load - 0.5) + 0.4 * Math.max(0, x[4] + x[5]) - 0.2 + stream.normal(0, 0.2) }
  })

/** How many pulses a noisy signal of 64 samples has: none to three. */
const pulses = () =>
  drawn('pulses', [2400, 600, 2000], { shape: [1, 64], classes: 4 }, (stream, i) => {
    const centres = Array.from({ length: i % 4 }, (_, k) => 6 + 18 * k + stream.uniform(0, 14))
    const x = Array.from(
      { length: 64 },
      (_, t) => centres.reduce((sum, at) => sum + Math.exp(-((t - at) ** 2) / 8), 0) + stream.normal(0, 0.4),
    )
    return { x, y: i % 4 }
  })

/** The next value of a noisy sum of two tides with a trend, from the last sixteen. */
const tides = () =>
  drawn('tides', [400, 100, 2000], { shape: [16], targetShape: [1] }, (stream) => {
    const [a, b, trend] = [stream.uniform(0, 6.3), stream.uniform(0, 6.3), stream.normal(0, 0.03)]
    const level = (t) => Math.sin(0.5 * t + a) + 0.6 * Math.sin(1.1 * t + b) + trend * (t - 8)
    return { x: Array.from({ length: 16 }, (_, t) => level(t) + stream.normal(0, 0.25)), y: level(16) }
  })

/** Rows of 14 brackets of two types: are all closed, in the right order? */
const brackets = () =>
  drawn('brackets', [3200, 800, 2000], { isText: true, shape: [14], classes: 2 }, (stream, i) => {
    const [x, open] = [[], []]
    for (let left = 14; left > 0; left--) {
      const mustClose = open.length === left
      if (open.length > 0 && (mustClose || stream.uniform() < 0.5)) x.push(2 + open.pop())
      else {
        open.push(Math.floor(2 * stream.uniform()))
        x.push(open.at(-1))
      }
    }
    const broken = i % 2 === 0
    if (broken) {
      const [p, q] = stream.permutation(14)
      const other = [1, 0, 3, 2]
      x[p] = other[x[p]]
      if (stream.uniform() < 0.5) x[q] = (x[q] + 2) % 4
    }
    return { x, y: broken ? 0 : 1 }
  })

/** Convolutions over images in colour, with maxima in place of strides and without normalization. */
const wingNet = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(4),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64, 2),
  )

/** Convolutions over small images, with batch normalization. */
const strokeNet = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 6, 3, { stride: 2, padding: 1 }),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(294, 24),
    new nn.BatchNorm1d(24),
    new nn.ReLU(),
    new nn.Linear(24, 3),
  )

const crossEntropy = { loss: ops.crossEntropy, design: false }
const squares = { loss: ops.mseLoss, design: false }

export const lastProblems = {
  wings: {
    kind: 'image',
    data: wings,
    model: wingNet,
    ...crossEntropy,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 32,
    steps: 200,
  },
  strokes: {
    kind: 'image',
    data: strokes,
    model: strokeNet,
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 32,
    steps: 150,
  },
  beats: {
    kind: 'signal',
    data: beats,
    model: mlp([128, 48, 48, 4]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
    batchSize: 32,
    steps: 200,
  },
  speakers: {
    kind: 'text',
    data: speakers,
    model: mlp([300, 24, 2]),
    ...crossEntropy,
    optimizer: adamw({ lr: 0.01 }),
    batchSize: 16,
    steps: 150,
  },
  shells: {
    kind: 'table',
    data: shells,
    model: mlp([5, 32, 32, 3]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.05, momentum: 0.9 }),
    batchSize: 32,
    steps: 240,
  },
  reaction: {
    kind: 'table',
    data: reaction,
    model: mlp([7, 48, 1], { norm: false }),
    ...squares,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 16,
    steps: 250,
  },
  queue: {
    kind: 'table',
    data: queue,
    model: mlp([12, 32, 32, 1]),
    ...squares,
    optimizer: sgd({ lr: 0.02, momentum: 0.9 }),
    batchSize: 32,
    steps: 250,
  },
  pulses: {
    kind: 'signal',
    data: pulses,
    model: signalNet(1, 64, 4, 8),
    ...crossEntropy,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 32,
    steps: 200,
  },
  tides: {
    kind: 'signal',
    data: tides,
    model: mlp([16, 32, 32, 1], { norm: false }),
    ...squares,
    optimizer: sgd({ lr: 0.01, momentum: 0.9 }),
    batchSize: 16,
    steps: 250,
  },
  brackets: {
    kind: 'text',
    data: brackets,
    model: mlp([112, 48, 48, 2], { first: embedded(4, 8) }),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 32,
    steps: 300,
  },
}
