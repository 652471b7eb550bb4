import { eps, keep, numbers, prepared, rates } from '../workloads.mjs'
import { serve, versionOf } from './serve.mjs'
import { batchAt, stepping } from './steps.mjs'

globalThis.navigator ??= {} // the library reads it; Node defines it from version 21 on
const { defaultDevice, init, jit, nn, numpy: np, valueAndGrad } = await import('@jax-js/jax')
await init('wasm')
defaultDevice('wasm')

const draw = numbers(2)
/** Initial weights as PyTorch draws them. */
const weights = (inputs, outputs) =>
  Float32Array.from({ length: inputs * outputs }, () => (2 * draw() - 1) / Math.sqrt(inputs))

const array = (values, shape) => np.array(values).reshape(shape)

// Weights and statistics are flat lists: w, b and, except for the last layer, gamma, beta; mean, variance.
const first = (sizes) =>
  sizes.slice(1).flatMap((outputs, i) => {
    const linear = [array(weights(sizes[i], outputs), [sizes[i], outputs]), np.zeros([outputs])]
    return i === sizes.length - 2 ? linear : [...linear, np.ones([outputs]), np.zeros([outputs])]
  })
const firstStatistics = (sizes) => sizes.slice(1, -1).flatMap((n) => [np.zeros([n]), np.ones([n])])

/** Batch normalization and the updated running statistics. */
function batchNorm(h, gamma, beta, mean, variance) {
  const n = h.shape[0]
  const mu = np.mean(h.ref, 0)
  const centred = h.sub(mu.ref)
  const sigma2 = np.mean(np.square(centred.ref), 0)
  const y = centred
    .div(np.sqrt(sigma2.ref.add(eps)))
    .mul(gamma)
    .add(beta)
  const blend = (old, now, factor) => old.mul(keep).add(now.mul((1 - keep) * factor))
  return { y, running: [blend(mean, mu, 1), blend(variance, sigma2, n / (n - 1))] }
}

const lossOf = (layers) => (params, statistics, x, y) => {
  const running = []
  let h = x
  for (let l = 0, p = 0; l < layers; l++) {
    h = np.matmul(h, params[p++]).add(params[p++])
    if (l === layers - 1) break
    const normed = batchNorm(nn.relu(h), params[p++], params[p++], statistics[2 * l], statistics[2 * l + 1])
    running.push(...normed.running)
    h = normed.y
  }
  const batch = y.shape[0]
  return [np.sum(nn.logSoftmax(h, 1).mul(y)).mul(-1 / batch), running]
}

const stepOf = (layers) =>
  jit((params, statistics, x, y) => {
    const graded = valueAndGrad(lossOf(layers), { hasAux: true })
    const [[loss, running], slopes] = graded(
      params.map((p) => p.ref),
      statistics,
      x,
      y,
    )
    return [loss, params.map((p, i) => p.sub(slopes[i].mul(rates.sgd))), running]
  })

function oneHot(names, classes) {
  const rows = new Float32Array(names.length * classes)
  for (const [i, name] of names.entries()) rows[i * classes + name] = 1
  return rows
}

const arraysOf = ({ batch, shape, classes }, { x, y }) => ({
  x: array(x, [batch, ...shape]),
  y: array(oneHot(y, classes), [batch, classes]),
})

async function prepare(workload, examples) {
  const { sizes } = workload.model
  const step = stepOf(sizes.length - 1)
  const batches = Array.from({ length: prepared }, (_, k) =>
    arraysOf(workload, batchAt(workload, examples, k, prepared)),
  )
  let params = first(sizes)
  let statistics = firstStatistics(sizes)
  return stepping(async (k) => {
    const { x, y } = batches[k % prepared]
    const [loss, ...next] = step(params, statistics, x.ref, y.ref)
    params = next[0]
    statistics = next[1]
    return (await loss.data())[0]
  })
}

await serve({ version: versionOf('@jax-js/jax'), backend: 'wasm' }, prepare)
