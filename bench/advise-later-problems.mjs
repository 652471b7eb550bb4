// Problems on which bench/advise.mjs measures advice, and of which no result was seen before `advise` was finished.
import { readFileSync } from 'node:fs'
import { nn, ops, optim } from '../src/index.ts'
import { colourPair, drawn, embedded, folder, hashed, mlp, parts, signalNet } from './advise-problems.mjs'

const { sgd, adamw } = optim

/** Photographs of ships and of trucks at 16×16 pixels in three colours. */
const vehicles = () => colourPair('vehicles', [8, 9], [400, 100, 1400])

const linesOf = (path, positive) =>
  readFileSync(folder(path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([label, text]) => ({ label: label === positive ? 1 : 0, text }))

const trigrams = (text) =>
  Array.from({ length: Math.max(0, text.length - 2) }, (_, i) => text.slice(i, i + 3))

/** Sentences of reviews of films, as words in 400 buckets. */
const reviews = () =>
  parts(
    hashed(linesOf('sentence-polarity/sentence-polarity.tsv', 'positive'), 400, (text) => text.split(' ')),
    [1600, 400, 2000],
    'reviews',
  )

/** Messages, as trigrams of characters in 150 buckets: are they spam? */
const messages = () =>
  parts(hashed(linesOf('sms-spam/sms-spam.tsv', 'spam'), 150, trigrams), [480, 120, 2000], 'messages')

/** Squares of a board of 4×4 in two colours; one label in twenty is wrong. */
const board = () =>
  drawn('board', [480, 120, 2000], { shape: [2], classes: 2 }, (stream) => {
    const x = [stream.uniform(-1, 1), stream.uniform(-1, 1)]
    const colour = (Math.floor(2 * x[0] + 2) + Math.floor(2 * x[1] + 2)) % 2
    return { x: x.map((one) => 1.7 * one), y: stream.uniform() < 0.05 ? 1 - colour : colour }
  })

/** The next value of Hénon's map, seen through noise, from the last six. */
const henon = () =>
  drawn('henon', [320, 80, 2000], { shape: [6], targetShape: [1] }, (stream) => {
    let [u, v] = [stream.uniform(-0.1, 0.1), stream.uniform(-0.1, 0.1)]
    const seen = []
    for (let t = 0; t < 40; t++) {
      ;[u, v] = [1 - 1.4 * u * u + v, 0.3 * u]
      seen.push(1.4 * (u - 0.26) + stream.normal(0, 0.1))
    }
    return { x: seen.slice(-7, -1), y: seen.at(-1) }
  })

/** Waves across images of 12×12 noisy pixels, in one of five directions. */
const gratings = () =>
  drawn('gratings', [400, 100, 2000], { shape: [1, 12, 12], classes: 5 }, (stream, i) => {
    const angle = (Math.PI * (i % 5)) / 5 + stream.normal(0, 0.12)
    const [a, b] = [1.3 * Math.cos(angle), 1.3 * Math.sin(angle)]
    const phase = stream.uniform(0, 2 * Math.PI)
    const bright = (p) => Math.sin(a * (p % 12) + b * Math.floor(p / 12) + phase)
    return { x: Array.from({ length: 144 }, (_, p) => bright(p) + stream.normal(0, 1.2)), y: i % 5 }
  })

/** A yes or no whose logarithm of the odds is a sum of 20 numbers' products and steps. */
const odds = () =>
  drawn('odds', [640, 160, 2000], { shape: [20], classes: 2 }, (stream) => {
    const x = Array.from({ length: 20 }, () => stream.normal())
    const score = 2 * x[0] * x[1] + 1.5 * x[2] - 1.5 * x[3] + (x[4] > 0.5 ? 2 : -1) + Math.abs(x[5]) - 0.5
    return { x, y: stream.uniform() < 1 / (1 + Math.exp(-2 * score)) ? 1 : 0 }
  })

/** How fast a wave's frequency rises, from 48 noisy samples. */
const chirps = () =>
  drawn('chirps', [480, 120, 2000], { shape: [1, 48], targetShape: [1] }, (stream) => {
    const rise = stream.uniform(-1, 1)
    const phase = stream.uniform(0, 2 * Math.PI)
    const wave = (t) => Math.sin(phase + 0.5 * t + 0.006 * rise * t * t)
    return { x: Array.from({ length: 48 }, (_, t) => wave(t) + stream.normal(0, 0.3)), y: 1.7 * rise }
  })

/** Words of 16 letters out of 8 by one of three chains, whose letters mostly follow one another in different orders. */
const chains = () =>
  drawn('chains', [960, 240, 2000], { isText: true, shape: [16], classes: 3 }, (stream, i) => {
    const orders = [
      [1, 2, 3, 4, 5, 6, 7, 0],
      [2, 3, 4, 5, 6, 7, 0, 1],
      [3, 0, 1, 2, 7, 4, 5, 6],
    ]
    let letter = stream.permutation(8)[0]
    const x = Array.from({ length: 16 }, () => {
      letter = stream.uniform() < 0.45 ? orders[i % 3][letter] : stream.permutation(8)[0]
      return letter
    })
    return { x, y: i % 3 }
  })

/** Two convolutions over images in colour, of which the second halves the size. */
const colourNet = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { stride: 2, padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 3, { stride: 2, padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(256, 2),
  )

/** Convolutions over small images, without normalization. */
const grayNet = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 8, 5, { stride: 2 }),
    new nn.ReLU(),
    new nn.Conv2d(8, 8, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(32, 5),
  )

const crossEntropy = { loss: ops.crossEntropy, design: false }
const squares = { loss: ops.mseLoss, design: false }

export const laterProblems = {
  vehicles: {
    kind: 'image',
    data: vehicles,
    model: colourNet,
    ...crossEntropy,
    optimizer: sgd({ lr: 0.05, momentum: 0.9 }),
    batchSize: 32,
    steps: 160,
  },
  reviews: {
    kind: 'text',
    data: reviews,
    model: mlp([400, 32, 2]),
    ...crossEntropy,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 32,
    steps: 200,
  },
  messages: {
    kind: 'text',
    data: messages,
    model: mlp([150, 32, 16, 2], { norm: false }),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 16,
    steps: 200,
  },
  board: {
    kind: 'table',
    data: board,
    model: mlp([2, 32, 32, 2], { norm: false }),
    ...crossEntropy,
    optimizer: adamw({ lr: 0.003 }),
    batchSize: 32,
    steps: 300,
  },
  henon: {
    kind: 'signal',
    data: henon,
    model: mlp([6, 32, 32, 1]),
    ...squares,
    optimizer: sgd({ lr: 0.05, momentum: 0.9 }),
    batchSize: 16,
    steps: 240,
  },
  gratings: {
    kind: 'image',
    data: gratings,
    model: grayNet,
    ...crossEntropy,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 32,
    steps: 160,
  },
  odds: {
    kind: 'table',
    data: odds,
    model: mlp([20, 32, 32, 2]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 32,
    steps: 200,
  },
  chirps: {
    kind: 'signal',
    data: chirps,
    model: signalNet(1, 48, 1, 8),
    ...squares,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 16,
    steps: 240,
  },
  chains: {
    kind: 'text',
    data: chains,
    model: mlp([128, 48, 3], { first: embedded(8, 8) }),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
    batchSize: 32,
    steps: 200,
  },
}
