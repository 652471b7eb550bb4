// The problems on which bench/advise.mjs measures how good advice is: tables, images, texts and signals. Those marked
// `design` were looked at while `advise` was designed; the others were run once it was. Each has a part `test`, which
// neither training nor `advise` sees. EVENSTEP_DATA names the folder of the data that the package does not have.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { data, nn, ops, optim, random, schedule } from '../src/index.ts'

const { sgd, adamw } = optim
export const folder = (path) => join(process.env.EVENSTEP_DATA ?? '', path)

/** Parts of the given sizes, drawn at random; the first ones train, validate and test. */
export function parts(set, sizes, key) {
  const order = random('advise-problems', key).permutation(set.length)
  const starts = [0, sizes[0], sizes[0] + sizes[1]]
  const [train, validation, test] = sizes.map((size, i) =>
    data.subset(set, order.slice(starts[i], starts[i] + size)),
  )
  return { train, validation, test }
}

const normalized = (split) => data.normalize(split, { per: 'feature' })

/** Data sets of the sizes of all parts together, of examples that `draw` makes: `{ x, y }`. */
export function drawn(name, sizes, { isText = false, ...options }, draw) {
  const stream = random('advise-problems', name)
  const examples = Array.from({ length: sizes.reduce((a, b) => a + b, 0) }, (_, i) => draw(stream, i))
  const y = examples.map((one) => one.y)
  const set = data.dataset({
    ...options,
    x: (isText ? Int32Array : Float32Array).from(examples.flatMap((one) => one.x)),
    y: options.classes ? Int32Array.from(y) : Float32Array.from(y),
  })
  return parts(set, sizes, name)
}

/** The numbers of a CSV file whose last column is the target, which is standardized. */
function table(file, sizes) {
  const rows = readFileSync(folder(file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number))
  const targets = rows.map((row) => row.at(-1))
  const mean = targets.reduce((a, b) => a + b, 0) / targets.length
  const deviation = Math.sqrt(targets.reduce((sum, y) => sum + (y - mean) ** 2, 0) / targets.length)
  const set = data.dataset({
    x: Float32Array.from(rows.flatMap((row) => row.slice(0, -1))),
    y: Float32Array.from(targets, (y) => (y - mean) / deviation),
    shape: [rows[0].length - 1],
    targetShape: [1],
  })
  return normalized(parts(set, sizes, file))
}

/** Examples `from` to `to` − 1. */
const some = (set, from, to) =>
  data.subset(
    set,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  )

/** Digits, with noise on the pixels if asked for. */
function digits(layout, [train, validation, test], noise = 0) {
  const all = data.digits10x10({ layout })
  const stream = random('advise-problems', 'noise')
  const noisy = (set) => ({
    ...set,
    x: { ...set.x, data: set.x.data.map((pixel) => pixel + noise * stream.normal()) },
  })
  return {
    train: noisy(some(all.train, 0, train)),
    validation: noisy(some(all.train, train, train + validation)),
    test: noisy(some(all.validation, 0, test)),
  }
}

/** The x-rays of a chest at 14×14 pixels. */
function xrays() {
  const { x_train: x, y_train: y } = data.readNpz(folder('pneumonia-mnist/pneumonia-mnist.npz'))
  const count = 2500
  const small = new Float32Array(count * 196)
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < 784; p++) {
      const [row, column] = [Math.floor(p / 28) >> 1, (p % 28) >> 1]
      small[196 * i + 14 * row + column] += Number(x.data[784 * i + p]) / 510 - 0.25
    }
  }
  const labels = Int32Array.from({ length: count }, (_, i) => Number(y.data[i]))
  return parts(
    data.dataset({ x: small, y: labels, shape: [1, 14, 14], classes: 2 }),
    [320, 80, 2000],
    'xrays',
  )
}

/** DNA, one-hot, flat or as a signal of four channels. */
function bases(path, bases, sizes, isFlat) {
  const { x, y } = data.readNpz(folder(path))
  const set = data.dataset({
    x: Float32Array.from(x.data, Number),
    y: Int32Array.from(y.data, Number),
    shape: isFlat ? [4 * bases] : [4, bases],
  })
  return parts(set, sizes, path)
}

function heartbeats() {
  const { x, y } = data.readNpz(folder('mitbih-beats/train.npz'))
  const set = data.dataset({
    x: Float32Array.from(x.data, (value) => Number(value) / 50),
    y: Int32Array.from(y.data, Number),
    shape: [1, 128],
    classes: 4,
  })
  return parts(set, [800, 200, 1000], 'heartbeats')
}

const characters = (texts, context, sizes, key) => parts(data.nextCharacter(texts, { context }), sizes, key)

/** Photographs of two of CIFAR-10's classes at 16×16 pixels in three colours. */
export function colourPair(key, classes, sizes, batches = ['data_batch_1']) {
  const { x, y } = data.readCifar(batches.map((name) => folder(`cifar10/${name}.bin.gz`)))
  const chosen = Array.from(y.data.keys()).filter((i) => classes.includes(Number(y.data[i])))
  const small = new Float32Array(chosen.length * 768)
  for (const [row, i] of chosen.entries()) {
    for (let p = 0; p < 3072; p++) {
      const [channel, line, column] = [Math.floor(p / 1024), (p % 1024) >> 6, (p % 32) >> 1]
      small[768 * row + 256 * channel + 16 * line + column] += Number(x.data[3072 * i + p]) / 4
    }
  }
  const labels = Int32Array.from(chosen, (i) => classes.indexOf(Number(y.data[i])))
  const set = data.dataset({ x: small, y: labels, shape: [3, 16, 16], classes: 2 })
  return data.normalize(parts(set, sizes, key), { per: 'channel' })
}

/** The texts of `lines` as counts of hashed parts, and their classes; in an order drawn at random. */
export function hashed(lines, buckets, partsOf) {
  const x = new Float32Array(lines.length * buckets)
  for (const [i, { text }] of lines.entries()) {
    for (const part of partsOf(text)) {
      let hash = 2166136261
      for (const letter of part) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619)
      x[i * buckets + ((hash >>> 8) % buckets)] += 1
    }
  }
  const y = Int32Array.from(lines, ({ label }) => label)
  return data.dataset({ x: x.map(Math.log1p), y, shape: [buckets], classes: 2 })
}

/** Two waves of near frequencies, with noise. */
const waves = () =>
  drawn('waves', [320, 80, 2000], { shape: [1, 64], classes: 3 }, (stream, i) => {
    const frequency = 0.25 + 0.06 * (i % 3) + stream.normal(0, 0.01)
    const phase = stream.uniform(0, 2 * Math.PI)
    return {
      x: Array.from({ length: 64 }, (_, t) => Math.sin(frequency * t + phase) + stream.normal(0, 1)),
      y: i % 3,
    }
  })

/** A smooth function of 8 numbers, with noise. */
const surface = () =>
  drawn('surface', [240, 60, 2000], { shape: [8], targetShape: [1] }, (stream) => {
    const x = Array.from({ length: 8 }, () => stream.uniform(-1, 1))
    const smooth = Math.sin(3 * x[0] + 2 * x[1]) + x[2] * x[3] + Math.abs(x[4]) - x[5] ** 2
    return { x, y: smooth + stream.normal(0, 0.2) }
  })

/** Sequences of 12 numbers with marks at two of them: is the sum of the marked ones above 0? */
const marked = () =>
  drawn('marked', [1600, 400, 2000], { shape: [12, 2], classes: 2 }, (stream) => {
    const values = Array.from({ length: 12 }, () => stream.normal())
    const [first, second] = stream.permutation(12)
    const x = values.flatMap((value, i) => [value, i === first || i === second ? 1 : 0])
    return { x, y: values[first] + values[second] > 0 ? 1 : 0 }
  })

/** Friedman's function of 5 of 10 numbers, with noise, over its standard deviation. */
const friedman = () =>
  drawn('friedman', [160, 40, 2000], { shape: [10], targetShape: [1] }, (stream) => {
    const x = Array.from({ length: 10 }, () => stream.uniform())
    const smooth = 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    return { x: x.map((one) => 3.46 * (one - 0.5)), y: (smooth - 14.4 + stream.normal()) / 4.9 }
  })

/** Images of 8×8 noisy pixels with a bright bar: across, down or neither. */
const bars = () =>
  drawn('bars', [320, 80, 2000], { shape: [64], classes: 3 }, (stream, i) => {
    const at = Math.floor(stream.uniform(0, 8))
    const isBright = [(row) => row === at, (_, column) => column === at, () => false][i % 3]
    const x = Array.from({ length: 64 }, (_, p) => (isBright(p >> 3, p % 8) ? 0.9 : 0) + stream.normal())
    return { x, y: i % 3 }
  })

/** Deviations of the structures of proteins, from nine properties. */
function proteins() {
  const { x, y } = data.readNpz(folder('uci-regression/protein.npz'))
  const set = data.dataset({
    x: Float32Array.from(x.data, Number),
    y: Float32Array.from(y.data, (value) => (Number(value) - 7.7) / 6.1),
    shape: [9],
    targetShape: [1],
  })
  return normalized(parts(set, [1200, 300, 2000], 'proteins'))
}

/** Points on the arms of three spirals. */
const spirals = () =>
  drawn('spirals', [480, 120, 2000], { shape: [2], classes: 3 }, (stream, i) => {
    const radius = stream.uniform(0.1, 1)
    const angle = 5 * radius + (2 * Math.PI * (i % 3)) / 3 + stream.normal(0, 0.25)
    return { x: [2 * radius * Math.cos(angle), 2 * radius * Math.sin(angle)], y: i % 3 }
  })

/** Layers of the given widths, each but the last with batch normalization (or none) and ReLU. */
export const mlp =
  (widths, { norm = true, first = [] } = {}) =>
  () =>
    new nn.Sequential(
      ...first.map((make) => make()),
      ...widths
        .slice(1)
        .flatMap((width, i) => [
          new nn.Linear(widths[i], width),
          ...(i < widths.length - 2 ? [...(norm ? [new nn.BatchNorm1d(width)] : []), new nn.ReLU()] : []),
        ]),
    )

export const embedded = (vocabulary, features) => [
  () => new nn.Embedding(vocabulary, features),
  () => new nn.Flatten(),
]

/** Two convolutions over images of `size`×`size` pixels. */
const imageNet = (size, classes, channels) => () =>
  new nn.Sequential(
    new nn.Conv2d(1, channels, 3, { padding: 1 }),
    new nn.BatchNorm2d(channels),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(channels, 2 * channels, 3, { padding: 1 }),
    new nn.BatchNorm2d(2 * channels),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(2 * channels * Math.floor(size / 4) ** 2, classes),
  )

/** Two convolutions over signals. */
export const signalNet = (channels, length, classes, width) => () =>
  new nn.Sequential(
    new nn.Conv1d(channels, width, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.MaxPool1d(4),
    new nn.Conv1d(width, width, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(width * Math.floor(length / 4), classes),
  )

class MarkedNet {
  gru = new nn.GRU(2, 16, { batchFirst: true })
  hidden = new nn.Linear(16, 16)
  head = new nn.Linear(16, 2)

  forward(x, mode) {
    const last = ops.flatten(ops.slice(this.gru.forward(x, mode), [[], [-1]]), 1)
    return this.head.forward(ops.relu(this.hidden.forward(last)))
  }
}

const crossEntropy = { loss: ops.crossEntropy }
const squares = { loss: ops.mseLoss }

/** Each with its kind, and whether it was looked at while `advise` was designed. */
export const problems = {
  'masses, 100 rows': {
    kind: 'table',
    design: true,
    data: () => normalized(parts(data.breastCancer(), [80, 20, 469], 'masses')),
    model: mlp([30, 16, 2]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 16,
    steps: 150,
  },
  surface: {
    kind: 'table',
    design: true,
    data: surface,
    model: mlp([8, 32, 32, 1], { norm: false }),
    ...squares,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 16,
    steps: 300,
  },
  'digits, 400': {
    kind: 'image',
    design: true,
    data: () => digits('flat', [320, 80, 2000]),
    model: mlp([100, 100, 10]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1 }),
    batchSize: 32,
    steps: 200,
  },
  'digits, CNN': {
    kind: 'image',
    design: true,
    data: () => digits('image', [2400, 600, 2000]),
    model: imageNet(10, 10, 8),
    ...crossEntropy,
    optimizer: sgd({ lr: schedule.parse('cosine 0.1 to 0 over 100%'), momentum: 0.9 }),
    batchSize: 32,
    steps: 225,
  },
  names: {
    kind: 'text',
    design: true,
    data: () => characters(data.names(), 3, [6000, 1500, 2000], 'names'),
    model: mlp([30, 64, 27], { first: embedded(27, 10) }),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 32,
    steps: 400,
  },
  promoters: {
    kind: 'text',
    design: true,
    data: () => bases('promoters/promoters.npz', 57, [52, 14, 40], false),
    model: signalNet(4, 57, 2, 8),
    ...crossEntropy,
    optimizer: adamw({ lr: 0.01 }),
    batchSize: 16,
    steps: 90,
  },
  waves: {
    kind: 'signal',
    design: true,
    data: waves,
    model: signalNet(1, 64, 3, 8),
    ...crossEntropy,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 16,
    steps: 200,
  },
  concrete: {
    kind: 'table',
    design: true,
    data: () => table('uci-regression/concrete.csv', [600, 150, 280]),
    model: mlp([8, 48, 48, 1], { norm: false }),
    ...squares,
    optimizer: sgd({ lr: 0.01, momentum: 0.9 }),
    batchSize: 32,
    steps: 360,
  },
  'power plant': {
    kind: 'table',
    design: true,
    data: () => table('uci-regression/power-plant.csv', [2400, 600, 2000]),
    model: mlp([4, 32, 32, 1]),
    ...squares,
    optimizer: adamw({ lr: 1e-3 }),
    batchSize: 64,
    steps: 370,
  },
  spirals: {
    kind: 'table',
    design: true,
    data: spirals,
    model: mlp([2, 32, 32, 32, 32, 3], { norm: false }),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
    batchSize: 32,
    steps: 300,
  },
  'noisy digits': {
    kind: 'image',
    design: true,
    data: () => digits('flat', [1500, 400, 2000], 0.5),
    model: mlp([100, 64, 64, 64, 10]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.3 }),
    batchSize: 32,
    steps: 280,
  },
  'x-rays': {
    kind: 'image',
    design: true,
    data: xrays,
    model: imageNet(14, 2, 6),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
    batchSize: 16,
    steps: 200,
  },
  plays: {
    kind: 'text',
    design: true,
    data: () =>
      characters(
        [readFileSync(folder('tiny-shakespeare/input.txt'), 'utf8').slice(0, 60_000)],
        5,
        [6000, 1500, 2000],
        'plays',
      ),
    model: mlp([60, 64, 70], { first: embedded(70, 12), norm: false }),
    ...crossEntropy,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 32,
    steps: 370,
  },
  splice: {
    kind: 'text',
    design: true,
    data: () => bases('splice/splice.npz', 60, [900, 220, 2000], true),
    model: mlp([240, 32, 32, 3]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 32,
    steps: 200,
  },
  proteins: {
    kind: 'table',
    design: true,
    data: proteins,
    model: mlp([9, 48, 48, 1], { norm: false }),
    ...squares,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 32,
    steps: 300,
  },
  'friedman, 200 rows': {
    kind: 'table',
    design: true,
    data: friedman,
    model: mlp([10, 32, 1]),
    ...squares,
    optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
    batchSize: 16,
    steps: 200,
  },
  'masses, 300 rows': {
    kind: 'table',
    design: true,
    data: () => normalized(parts(data.breastCancer(), [240, 60, 269], 'masses 300')),
    model: mlp([30, 24, 24, 2], { norm: false }),
    ...crossEntropy,
    optimizer: adamw({ lr: 0.01 }),
    batchSize: 32,
    steps: 140,
  },
  bars: {
    kind: 'image',
    design: true,
    data: bars,
    model: mlp([64, 48, 48, 3]),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 32,
    steps: 150,
  },
  heartbeats: {
    kind: 'signal',
    design: true,
    data: heartbeats,
    model: signalNet(1, 128, 4, 8),
    ...crossEntropy,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 16,
    steps: 150,
  },
  'marked numbers': {
    kind: 'signal',
    design: true,
    data: marked,
    model: () => new MarkedNet(),
    ...crossEntropy,
    optimizer: adamw({ lr: 3e-3 }),
    batchSize: 32,
    steps: 400,
  },
}
