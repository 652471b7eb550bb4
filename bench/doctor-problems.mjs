// The problems on which bench/doctor-advice.mjs tests the doctor's advice: three of the package's examples, made
// small, and three of their own. Each has several settings, which raise different findings, and a third part of
// the data, `test`, which neither the training nor the doctor sees.
import { data, nn, ops, optim, random, schedule } from '../dist/index.js'

const { sgd, adam, adamw, lars } = optim

/** Examples `from` to `to` − 1 of a data set. */
const part = (set, from, to) =>
  data.subset(
    set,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  )

function digits(layout) {
  const { train, validation } = data.digits10x10({ layout })
  return {
    train: part(train, 0, 12800),
    validation: part(validation, 0, 2000),
    test: part(validation, 2000, 6000),
  }
}

/** Breast masses: three fifths to train, and a fifth each to validate and to test. */
function masses() {
  const { train: known, validation: rest } = data.split(data.breastCancer(), { validation: 0.4, seed: 0 })
  const halves = data.split(rest, { validation: 0.5, seed: 0 })
  const all = data.normalize({ train: known, validation: halves.train }, { per: 'feature' })
  const { validation: test } = data.normalize(
    { train: known, validation: halves.validation },
    { per: 'feature' },
  )
  return { ...all, test }
}

/** Sets of the sizes of training, validation and test data, of examples that `draw` makes: `{ x, y }`. */
function drawn(name, sizes, options, draw) {
  const make = (key, n) => {
    const stream = random(name, key)
    const examples = Array.from({ length: n }, (_, i) => draw(stream, i))
    const y = examples.map((one) => one.y)
    return data.dataset({
      ...options,
      x: Float32Array.from(examples.flatMap((one) => one.x)),
      y: options.classes ? Int32Array.from(y) : Float32Array.from(y),
    })
  }
  const [train, validation, test] = sizes
  return { train: make('train', train), validation: make('validation', validation), test: make('test', test) }
}

/** A smooth function of 8 numbers, with noise. */
const surface = () =>
  drawn('surface', [1024, 1024, 4096], { shape: [8], targetShape: [1] }, (stream) => {
    const x = Array.from({ length: 8 }, () => stream.uniform(-1, 1))
    const smooth = Math.sin(3 * x[0] + 2 * x[1]) + x[2] * x[3] + Math.abs(x[4]) - x[5] ** 2
    return { x, y: smooth + stream.normal(0, 0.1) }
  })

/** Sequences of 12 numbers with marks at two of them: is the sum of the marked ones above 0? */
const marked = () =>
  drawn('marked', [2048, 1024, 4096], { shape: [12, 2], classes: 2 }, (stream) => {
    const values = Array.from({ length: 12 }, () => stream.normal())
    const [first, second] = stream.permutation(12)
    const x = values.flatMap((value, i) => [value, i === first || i === second ? 1 : 0])
    return { x, y: values[first] + values[second] > 0 ? 1 : 0 }
  })

/** Points on the arms of three spirals. */
const spirals = () =>
  drawn('spirals', [2048, 1024, 4096], { shape: [2], classes: 3 }, (stream, i) => {
    const radius = stream.uniform(0.1, 1)
    const angle = 5 * radius + (2 * Math.PI * (i % 3)) / 3 + stream.normal(0, 0.15)
    return { x: [2 * radius * Math.cos(angle), 2 * radius * Math.sin(angle)], y: i % 3 }
  })

/** Multiplies the initial values of a layer's weight. */
function scaled(layer, factor) {
  const { initializer } = layer.weight
  layer.weight.initializer = (...given) => Array.from(initializer(...given), (x) => factor * x)
  return layer
}

const digitsNet =
  (norm = {}) =>
  () =>
    new nn.Sequential(
      new nn.Linear(100, 100),
      new nn.BatchNorm1d(100, norm),
      new nn.ReLU(),
      new nn.Linear(100, 10),
    )

const imageNet = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  )

const massNet = () =>
  new nn.Sequential(
    new nn.Linear(30, 16, { bias: false }),
    new nn.BatchNorm1d(16),
    new nn.ReLU(),
    new nn.Linear(16, 2),
  )

const surfaceNet = () =>
  new nn.Sequential(
    new nn.Linear(8, 32),
    new nn.Tanh(),
    new nn.Linear(32, 32),
    new nn.Tanh(),
    new nn.Linear(32, 1),
  )

class MarkedNet {
  gru = new nn.GRU(2, 16, { batchFirst: true })
  head = new nn.Linear(16, 2)

  forward(x, mode) {
    const states = this.gru.forward(x, mode) // [batch, 12, 16]
    return this.head.forward(ops.flatten(ops.slice(states, [[], [-1]]), 1))
  }
}

/**
 * `depth` layers of 32 channels with BN and ReLU. The weights of every other one are `uneven` times as large,
 * dropout follows layer `dropAfter`, and the γ of layer `zero` starts at 0.
 */
const spiralNet =
  ({ depth, dropAfter = -1, zero = -1, uneven = 1, norm = {} }) =>
  () => {
    const layers = Array.from({ length: depth }, (_, i) => {
      const bn = new nn.BatchNorm1d(32, norm)
      if (i === zero) bn.weight.initializer = nn.init.zeros
      const linear = scaled(new nn.Linear(i === 0 ? 2 : 32, 32, { bias: false }), i % 2 === 0 ? 1 : uneven)
      return [linear, bn, new nn.ReLU(), ...(i === dropAfter ? [new nn.Dropout(0.2)] : [])]
    })
    return new nn.Sequential(...layers.flat(), new nn.Linear(32, 3))
  }

const classified = { loss: ops.crossEntropy }
const undecayed = optim.noDecayOnNormAndBias()

/**
 * Problems by name: `data`, options that all settings share, and the options of each setting. Advice to build the
 * model in another way, which no option can follow, is obeyed by the model that `obeyed` has for the rule.
 */
export const problems = {
  'digits (example)': {
    data: () => digits('flat'),
    common: { ...classified, model: digitsNet(), batchSize: 64, epochs: 1 },
    settings: {
      'sgd 0.1': { optimizer: sgd({ lr: 0.1 }) },
      'sgd 3': { optimizer: sgd({ lr: 3 }) },
      'sgd 0.003, slow statistics': {
        model: digitsNet({ momentum: 0.01 }),
        optimizer: sgd({ lr: 0.003, weightDecay: 1e-4 }),
      },
      accumulated: { batchSize: 16, accumulate: 4, optimizer: sgd({ lr: 0.1 }) },
      'lars, averaged': {
        optimizer: lars({ lr: 10, average: { type: 'ema', decay: 0.95, batchNorm: 'copy' } }),
      },
    },
  },
  'digits by convolutions (example)': {
    data: () => digits('image'),
    common: { ...classified, model: imageNet, batchSize: 64, epochs: 1 },
    settings: {
      'sgd 0.1': { optimizer: sgd({ lr: 0.1 }) },
      'adam 0.01, a penalty': { optimizer: adam({ lr: 0.01, weightDecay: 1e-3 }) },
      'sgd 0.3, momentum 0.9': { optimizer: sgd({ lr: 0.3, momentum: 0.9, weightDecay: 1e-4 }) },
      'sgd 2, momentum 0.9': { optimizer: sgd({ lr: 2, momentum: 0.9 }) },
      'adam 0.1': { optimizer: adam({ lr: 0.1 }) },
    },
  },
  'breast cancer (example)': {
    data: masses,
    common: { ...classified, model: massNet, batchSize: 32, epochs: 20 },
    settings: {
      'batches of 8': {
        batchSize: 8,
        lastBatch: 'keep',
        epochs: 10,
        optimizer: sgd({ lr: 0.05, momentum: 0.9, weightDecay: 1e-3 }),
      },
      'adamw 0.05, decay 1': { optimizer: adamw({ lr: 0.05, weightDecay: 1 }) },
      'cosine from 0.1': {
        optimizer: sgd({
          lr: schedule.cosineAnnealing(0.1, { tMax: 200 }),
          momentum: 0.9,
          weightDecay: 1e-4,
        }),
      },
      'a drop at the end, plateaus': {
        control: [schedule.reduceOnPlateau({ patience: 2, factor: 0.5 })],
        optimizer: sgd({ lr: schedule.multiStep(0.1, { milestones: [165], gamma: 0.05 }), momentum: 0.9 }),
      },
    },
  },
  'a surface, without BN': {
    data: surface,
    common: { loss: ops.mseLoss, model: surfaceNet, batchSize: 32, epochs: 20 },
    settings: {
      'all data in a batch': { batchSize: 1024, epochs: 500, optimizer: sgd({ lr: 0.5 }) },
      'sgd 1e-4': { optimizer: sgd({ lr: 1e-4 }) },
      'sgd 0.1, momentum 0.9': { optimizer: sgd({ lr: 0.1, momentum: 0.9 }) },
    },
  },
  'marked numbers, GRU': {
    data: marked,
    common: { ...classified, model: () => new MarkedNet(), batchSize: 64, epochs: 10 },
    settings: {
      'adamw 0.01': { optimizer: adamw({ lr: 0.01, weightDecay: 0.01 }) },
      'adamw 0.3': { optimizer: adamw({ lr: 0.3 }) },
      'sgd 0.003': { optimizer: sgd({ lr: 0.003, momentum: 0.9 }) },
    },
  },
  'spirals, deep': {
    data: spirals,
    common: { ...classified, model: spiralNet({ depth: 8 }), batchSize: 64, epochs: 8 },
    settings: {
      'sgd 0.1, momentum 0.9': {
        model: spiralNet({ depth: 8, uneven: 5 }),
        optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 5e-3 }),
      },
      'dropout before BN': {
        model: spiralNet({ depth: 3, dropAfter: 0, norm: { eps: 0.1 } }),
        optimizer: adamw({ lr: 0.01, weightDecay: 0.01 }),
        obeyed: { 'dropout-before-norm': spiralNet({ depth: 3, dropAfter: 2, norm: { eps: 0.1 } }) },
      },
      'a γ of 0': {
        model: spiralNet({ depth: 3, zero: 1 }),
        optimizer: sgd({ lr: 0.1 }),
        obeyed: { 'zero-scale': spiralNet({ depth: 3 }) },
      },
      'uneven layers': {
        model: spiralNet({ depth: 4, uneven: 6 }),
        optimizer: sgd({ lr: 0.03, momentum: 0.9 }),
      },
      'decay that breaks': {
        model: spiralNet({ depth: 3 }),
        batchSize: 256,
        epochs: 80,
        optimizer: sgd({
          lr: 0.3,
          weightDecay: 0.01,
          groups: [...undecayed, { match: '^9', weightDecay: 0 }],
        }),
        log: { batchNorm: true },
      },
      'adamw 2e-5': { optimizer: adamw({ lr: 2e-5, weightDecay: 0.01 }) },
    },
  },
}
