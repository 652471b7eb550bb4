/**
 * What a locked body costs, beside ONNX Runtime on the exported file:
 *
 *     npm run build && node bench/locked.mjs [--size 64] [--batch 8] [--rounds 15] [--nets ResNet-18,MobileNetV2]
 *
 * For each network of examples/nets: CPU and wall time of one thread, for a batch of images, of
 *
 * - `stock`: the body, exported by `train.exportOnnx`, in ONNX Runtime alone,
 * - `locked`: the body compiled with its weights locked, `fed`: with its weights as inputs,
 * - `step`: a step of SGD on a new last layer, the body locked, `cached`: the same step on `train.features`.
 *
 * All of them take turns; the figures are those of the round with the least CPU time.
 */
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import * as ort from 'onnxruntime-node'
import { load, machine } from './machine.mjs'

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '15' },
    nets: { type: 'string', default: 'ResNet-18,ResNet-50,MobileNetV2,MobileNetV3-small' },
  },
})
const [size, batch, rounds] = [values.size, values.batch, values.rounds].map(Number)
const jiti = createJiti(import.meta.url)
const { compile, data, nn, ops, optim, train } = await jiti.import('../dist/index.js')
const { resnet18, resnet50 } = await jiti.import('../examples/nets/resnet.ts')
const { MobileNetV2 } = await jiti.import('../examples/nets/mobilenet-v2.ts')
const { MobileNetV3Small } = await jiti.import('../examples/nets/mobilenet-v3-small.ts')

/** Networks without their last layer, each with its number of features. */
const bodies = {
  'ResNet-18': [() => without(resnet18(), 'fc'), 512],
  'ResNet-50': [() => without(resnet50(), 'fc'), 2048],
  MobileNetV2: [() => without(new MobileNetV2(), 'classifier'), 1280],
  'MobileNetV3-small': [() => without(new MobileNetV3Small(), 'classifier'), 576],
}

function without(model, head) {
  model[head] = new nn.Identity()
  return model
}

const image = [3, size, size]
const x = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => Math.sin(i * i))
const y = Int32Array.from({ length: batch }, (_, i) => i % 10)
const examples = data.dataset({ x, y, shape: image, classes: 10 })

/** Returns a function for each way to compute with a body, by name. */
async function ways(build, width) {
  const made = () => nn.initialize(build(), 0)
  const body = nn.requiresGrad(made(), false)
  const file = train.exportOnnx(body, { shape: image, dtype: 'float32' })
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 }
  const session = await ort.InferenceSession.create(await file, options)
  const inputs = { x: { shape: [batch, ...image] } }
  const evaluated = (model) => compile(inputs, (fed) => ({ y: model.forward(fed.x, 'eval') }), { threads: 1 })
  const [locked, fed] = [await evaluated(body), await evaluated(made())]
  const task = (model, source) =>
    new train.Task({
      model,
      loss: ops.crossEntropy,
      optimizer: optim.sgd({ lr: 0.1 }),
      data: source,
      threads: 1,
    })
  const whole = task(new nn.Sequential(body, new nn.Linear(width, 10)), examples)
  const cached = await train.features(body, examples, { threads: 1 })
  const head = task(new nn.Linear(width, 10), cached)
  return {
    stock: () => session.run({ x: new ort.Tensor('float32', x, [batch, ...image]) }),
    locked: () => locked({ x }),
    fed: () => fed({ x }),
    step: () => whole.step({ x, y, length: batch }),
    cached: () => head.step({ x: cached.x.data, y, length: batch }),
  }
}

/** Runs each function in turn. @returns least CPU time of each, with its wall time, in milliseconds */
async function measured(functions) {
  const best = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(functions)) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()]
      await run()
      const { user, system } = process.cpuUsage(cpu)
      const found = { cpu: (user + system) / 1e3, wall: performance.now() - wall }
      if (round > 1 && !(best[name]?.cpu < found.cpu)) best[name] = found
    }
  }
  return best
}

console.log(
  `${Object.values(machine()).join(', ')}, load ${load().join(' ')}; batches of ${batch} images of ${size}×${size}, one thread`,
)
for (const name of values.nets.split(',')) {
  const [build, width] = bodies[name]
  const best = await measured(await ways(build, width))
  const shown = Object.entries(best).map(
    ([way, { cpu, wall }]) => `${way} ${cpu.toFixed(2)} (${wall.toFixed(2)})`,
  )
  const ratio = (a, b) => (best[a].cpu / best[b].cpu).toFixed(2)
  console.log(`${name}: CPU ms (wall): ${shown.join(', ')}`)
  console.log(
    `  locked/stock ${ratio('locked', 'stock')}, fed/stock ${ratio('fed', 'stock')}, ` +
      `step/stock ${ratio('step', 'stock')}, step/cached ${ratio('step', 'cached')}`,
  )
}
