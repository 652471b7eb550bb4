import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { classes, eps, features, keep, labels, lr, prepared } from '../nets.mjs'
import { serve, stepping } from './serve.mjs'

const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
setWasmPaths(`${dirname(wasm)}/`)
await tf.setBackend('wasm')

function modelOf(sizes) {
  const model = tf.sequential()
  for (const [i, units] of sizes.slice(1).entries()) {
    const inner = i < sizes.length - 2
    const activation = inner ? 'relu' : 'linear'
    model.add(tf.layers.dense({ units, activation, ...(i === 0 && { inputShape: [sizes[0]] }) }))
    if (inner) model.add(tf.layers.batchNormalization({ momentum: keep, epsilon: eps }))
  }
  model.compile({ optimizer: tf.train.sgd(lr), loss: (y, out) => tf.losses.softmaxCrossEntropy(y, out) })
  return model
}

const batchOf = (sizes, batch) => ({
  x: tf.tensor2d(features(batch * sizes[0]), [batch, sizes[0]]),
  y: tf.oneHot(tf.tensor1d(labels(batch), 'int32'), classes),
})

async function prepare({ sizes, batch }) {
  const model = modelOf(sizes)
  const batches = Array.from({ length: prepared }, () => batchOf(sizes, batch))
  return stepping((k) => {
    const { x, y } = batches[k % prepared]
    return model.trainOnBatch(x, y)
  })
}

await serve({ version: version_wasm, backend: tf.getBackend() }, prepare)
