/**
 * What is timed. Both sides build the model from this description: models.mjs, and models.py for PyTorch.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {'train' | 'evaluate' | 'loading'} measure steps of training on prepared batches (PyTorch) or from the loader
 *   (Evenstep); batches of evaluation; or steps of training from a loader on both sides
 * @property {object} model its `type`, and sizes
 * @property {'sgd' | 'momentum' | 'adamw' | 'adamw+ema'} optimizer
 * @property {number} batch
 * @property {number} examples
 * @property {number[]} shape shape of an example
 * @property {number} [tokens] number of different tokens, if examples are tokens rather than floats
 * @property {boolean} [labelled] whether each position of an example has a label, rather than the example
 * @property {number} classes
 * @property {boolean} [peers] whether other JavaScript libraries run it too
 * @property {{ axis: 'width' | 'depth' | 'batch', at: number }} [growth] place on a curve of growth
 */

export const rates = { sgd: 0.1, momentum: 0.05, adamw: 1e-3 }
export const momentum = 0.9
export const weightDecay = 5e-4
export const emaDecay = 0.999
/** The weight of the old running statistics; one minus PyTorch's. */
export const keep = 0.9
export const eps = 1e-5
/** Number of batches prepared for a peer, which it cycles through. */
export const prepared = 16

const mlp = (sizes, batch, optimizer, more = {}) => ({
  measure: 'train',
  model: { type: 'mlp', sizes },
  optimizer,
  batch,
  examples: Math.max(4 * batch, Math.min(60_000, Math.floor(2e7 / sizes[0]))),
  shape: [sizes[0]],
  classes: sizes.at(-1),
  ...more,
})

const table = [100, 100, 10]
const wide = [784, 512, 512, 10]
const layered = (width, depth) => [100, ...new Array(depth).fill(width), 10]
const tabular = [30, 256, 256, 256, 2]
const sequence = { shape: [64], tokens: 64, labelled: true, classes: 64, batch: 32, examples: 32 * 8 }
const picture = { shape: [3, 32, 32], classes: 10 }

/** @type {readonly Workload[]} */
const networks = [
  { name: '100-100-10 with SGD', ...mlp(table, 64, 'sgd', { peers: true }) },
  { name: '100-100-10 with AdamW', ...mlp(table, 64, 'adamw') },
  { name: '784-100-100-100-10 with SGD', ...mlp([784, 100, 100, 100, 10], 60, 'sgd', { peers: true }) },
  { name: '784-512-512-10 with SGD', ...mlp(wide, 128, 'sgd', { peers: true }) },
  { name: '784-512-512-10 with AdamW', ...mlp(wide, 128, 'adamw') },
  { name: '784-512-512-10 with AdamW and EMA', ...mlp(wide, 128, 'adamw+ema') },
  {
    name: 'table 3×256 from the loader',
    ...mlp(tabular, 256, 'adamw', { measure: 'loading', examples: 100_000 }),
  },
  {
    name: '1-D CNN',
    measure: 'train',
    model: { type: 'signalCnn' },
    optimizer: 'adamw',
    batch: 64,
    examples: 64 * 60,
    shape: [1, 128],
    classes: 2,
  },
  {
    name: 'digits CNN',
    measure: 'train',
    model: { type: 'digitsCnn' },
    optimizer: 'momentum',
    batch: 64,
    examples: 64 * 60,
    shape: [1, 10, 10],
    classes: 10,
  },
  {
    name: 'ResNet-20',
    measure: 'train',
    model: { type: 'resnet20' },
    optimizer: 'momentum',
    batch: 128,
    examples: 128 * 3,
    ...picture,
  },
  ...[
    [16, 32],
    [64, 32],
    [256, 8],
  ].map(([channels, size]) => ({
    name: `convolution ${channels}→${channels} of ${size}×${size}`,
    measure: 'train',
    model: { type: 'convolution', channels, size },
    optimizer: 'sgd',
    batch: 32,
    examples: 32,
    shape: [channels, size, size],
    classes: 2,
  })),
  {
    name: 'GRU 64×8',
    measure: 'train',
    model: { type: 'gru', tokens: 27, features: 16, hidden: 64 },
    optimizer: 'adamw',
    batch: 128,
    examples: 128 * 100,
    shape: [8],
    tokens: 27,
    classes: 27,
  },
  {
    name: 'LSTM 128×64',
    measure: 'train',
    model: { type: 'lstm', tokens: 64, hidden: 128 },
    optimizer: 'adamw',
    ...sequence,
  },
  {
    name: 'transformer 4×128',
    measure: 'train',
    model: { type: 'transformer', tokens: 64, width: 128, heads: 4, layers: 4, length: 64 },
    optimizer: 'adamw',
    ...sequence,
  },
]

const evaluations = networks
  .filter(({ name, measure, model, optimizer }) => {
    return (
      measure === 'train' &&
      model.type !== 'convolution' &&
      (optimizer === 'sgd' || !name.includes('-10 with'))
    )
  })
  .map((one) => ({
    ...one,
    name: `evaluation: ${one.name.replace(' with SGD', '')}`,
    measure: 'evaluate',
    peers: false,
  }))

const growing = (axis, places, of) =>
  places.map((at) => {
    const workload = of(at)
    const examples = Math.max(40 * workload.batch, 10_000) // a burst is two epochs at least
    return { name: `${axis} ${at}`, ...workload, examples, growth: { axis, at } }
  })

/** @type {readonly Workload[]} */
const growth = [
  ...growing('width', [64, 128, 256, 512, 1024, 2048], (w) => mlp(layered(w, 2), 128, 'sgd')),
  ...growing('depth', [2, 4, 8, 16, 32, 64], (depth) => mlp(layered(100, depth), 128, 'sgd')),
  ...growing('batch', [16, 64, 256, 1024, 4096], (batch) => mlp(tabular, batch, 'adamw')),
]

/** @type {readonly Workload[]} */
export const workloads = [...networks, ...evaluations, ...growth]

/** Returns numbers from 0 to 1 that depend on `seed` alone. */
export function numbers(seed) {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Draws the examples of a workload: features with mean 0 and variance 1, or tokens; labels independent of them. */
export function examplesOf({ examples, shape, tokens, labelled, classes }) {
  const draw = numbers(1)
  const size = shape.reduce((a, b) => a * b, 1)
  const integers = (length, below) => Int32Array.from({ length }, () => Math.floor(draw() * below))
  const floats = (length) => Float32Array.from({ length }, () => (2 * draw() - 1) * Math.sqrt(3))
  const x = tokens === undefined ? floats(examples * size) : integers(examples * size, tokens)
  return { x, y: integers(labelled ? examples * size : examples, classes) }
}
