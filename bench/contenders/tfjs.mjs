import * as tf from '@tensorflow/tfjs'
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { eps, keep, prepared, rates } from '../workloads.mjs'
import { device, filesOf, serve } from './serve.mjs'
import { batchAt, stepping } from './steps.mjs'

setWasmPaths(filesOf('@tensorflow/tfjs-backend-wasm'))
await tf.setBackend(device ?? 'wasm')

function modelOf(sizes) {
  const model = tf.sequential()
  for (const [i, units] of sizes.slice(1).entries()) {
    const inner = i < sizes.length - 2
    const activation = inner ? 'relu' : 'linear'
    model.add(tf.layers.dense({ units, activation, ...(i === 0 && { inputShape: [sizes[0]] }) }))
    if (inner) model.add(tf.layers.batchNormalization({ momentum: keep, epsilon: eps }))
  }
  model.compile({
    optimizer: tf.train.sgd(rates.sgd),
    loss: (y, out) => tf.losses.softmaxCrossEntropy(y, out),
  })
  return model
}

const tensorsOf = ({ batch, shape, classes }, { x, y }) => ({
  x: tf.tensor2d(x, [batch, ...shape]),
  y: tf.oneHot(tf.tensor1d(y, 'int32'), classes),
})

async function prepare(workload, examples) {
  const model = modelOf(workload.model.sizes)
  const batches = Array.from({ length: prepared }, (_, k) =>
    tensorsOf(workload, batchAt(workload, examples, k, prepared)),
  )
  return stepping((k) => {
    const { x, y } = batches[k % prepared]
    return model.trainOnBatch(x, y)
  })
}

await serve({ version: version_wasm, backend: tf.getBackend() }, prepare)
