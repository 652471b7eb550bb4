/**
 * Fine-tunes the network of examples/fine-tune.ts on a few digits, others for each seed:
 *
 *     npm ci --ignore-scripts --prefix examples/fine-tune && npm run build
 *     node bench/fine-tune.mjs [--count 500] [--epochs 5] [--seeds 0,1,2] [--arms frozen,trained,random]
 *     EVENSTEP_DATA=data node bench/fine-tune.mjs --epochs 15      # the photographs of the example instead
 *
 * `frozen` and `trained` say what becomes of the running statistics; `random` starts from random weights. Prints the
 * accuracy on 1,000 other digits, or all other photographs, and the CPU time of a step, and for the last trained network, exported for inference and
 * for further training, the largest difference between the file in ONNX Runtime alone and the network itself, and whether
 * it is imported with its names.
 */
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import * as ort from 'onnxruntime-node'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    epochs: { type: 'string', default: '5' },
    seeds: { type: 'string', default: '0,1,2' },
    arms: { type: 'string', default: 'frozen,trained,random' },
  },
})
const [count, epochs] = [values.count, values.epochs].map(Number)
const jiti = createJiti(import.meta.url)
const { compile, data, nn, ops, optim, train } = await jiti.import('../dist/index.js')
const { ocrClassifier } = await jiti.import('../examples/nets/ocr.ts')
const { caltech10, fewDigits } = await jiti.import('../examples/fine-tune-data.ts')

const starts = {
  frozen: { statistics: 'frozen' },
  trained: { statistics: 'trained' },
  random: { start: 'random' },
}
const batchSize = 25
const folder = process.env.EVENSTEP_DATA
const photographs = folder === undefined ? undefined : await caltech10(folder)
const transform = photographs ? [data.horizontalFlip()] : []

async function accuracyOf(arm, seed) {
  const split = photographs ?? fewDigits(count, seed)
  const model = nn.initialize(ocrClassifier({ ...starts[arm], weightSeed: seed }), seed)
  const lrScale = arm === 'random' ? 1 : 0.3
  const task = new train.Task({
    model,
    loss: ops.crossEntropy,
    optimizer: optim.adamw({
      lr: 3e-3,
      groups: [{ match: '^body\\.', lrScale }, ...optim.noDecayOnNormAndBias()],
    }),
    data: split.train,
    threads: 1,
  })
  const loader = data.loader(split.train, { batchSize, seed, transform, last: 'drop' })
  const start = process.cpuUsage()
  let steps = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of loader.batches(epoch)) {
      await task.step(batch)
      steps++
    }
  }
  const { user, system } = process.cpuUsage(start)
  const { accuracy } = await task.evaluate(split.validation, { batchSize: 50 })
  console.log(
    `${arm}, seed ${seed}: ${(100 * accuracy).toFixed(1)} %, ${((user + system) / 1e3 / steps).toFixed(0)} CPU ms a step`,
  )
  return { model, accuracy, examples: split.validation }
}

/** Prints how an exported network compares with itself, for 1 and 7 examples, and after import. */
async function exported(model, { x }, keepNormalization) {
  const file = train.exportOnnx(model, x, { keepNormalization })
  console.log(keepNormalization ? 'exported with keepNormalization:' : 'exported for inference:')
  const again = nn.fromOnnxBytes(file)
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 })
  const namesOf = (one) => [...nn.variables(one).keys()].sort()
  const [own, imported] = [namesOf(model), namesOf(again)]
  const missing = own.filter((name) => !imported.includes(name))
  for (const n of [1, 7]) {
    const shape = [n, ...x.shape]
    const numbers = x.data.slice(
      0,
      shape.reduce((a, b) => a * b),
    )
    const { y } = await session.run({ x: new ort.Tensor('float32', numbers, shape) })
    const outputs = async (one) =>
      (await (await compile({ x: { shape } }, (fed) => ({ y: one.forward(fed.x, 'eval') })))({ x: numbers }))
        .y
    const most = (found) => Math.max(...found.map((value, i) => Math.abs(value - y.data[i]))).toExponential(1)
    console.log(
      `  ${n} at once: from ONNX Runtime ${most(await outputs(model))}, imported again ` +
        `${most(await outputs(again))}, of ${Math.max(...y.data.map(Math.abs)).toFixed(1)}`,
    )
  }
  console.log(
    `  ${own.length - missing.length} of ${own.length} names after import; absent: ${missing.slice(0, 4).join(', ') || 'none'}`,
  )
}

for (const arm of values.arms.split(',')) {
  const found = []
  let last
  for (const seed of values.seeds.split(',').map(Number)) {
    last = await accuracyOf(arm, seed)
    found.push(last.accuracy)
  }
  const mean = found.reduce((a, b) => a + b, 0) / found.length
  console.log(`${arm}: mean ${(100 * mean).toFixed(1)} % of ${found.length}`)
  if (arm !== 'trained') continue
  for (const keep of [false, true]) await exported(last.model, last.examples, keep)
}
