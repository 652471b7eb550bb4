/**
 * Imports ResNet-50 from an ONNX file and trains it on pictures of 224×224, in batches of 4, beside PyTorch:
 *
 *     npm run build && node bench/resnet50.mjs [--size 224] [--batch 4] [--steps 3] [--python PYTHON-WITH-TORCH]
 *
 * The file is that of examples/nets, exported with random weights: 102 MB, batch normalization folded. PyTorch trains
 * the network of bench/resnet50.py, which is without batch normalization too. Prints CPU seconds of one thread, the
 * least of the steps but the first, and the most memory that was resident.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '4' },
    steps: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
})
const [size, batch, steps] = [values.size, values.batch, values.steps].map(Number)
const jiti = createJiti(import.meta.url)
const { data, nn, ops, optim, train } = await jiti.import('../dist/index.js')
const { resnet50 } = await jiti.import('../examples/nets/resnet.ts')

/** Runs a function. @returns what it returns, and the seconds of CPU and wall time that it took */
async function timed(body) {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const result = await body()
  const { user, system } = process.cpuUsage(cpu)
  return { result, cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3 }
}

const shape = [3, size, size]
const file = train.exportOnnx(nn.initialize(resnet50(), 0), { shape, dtype: 'float32' })
const imported = await timed(() => nn.fromOnnx(file))
console.log(
  `${(file.length / 1e6).toFixed(0)} MB imported in ${imported.cpu.toFixed(2)} s CPU, ${imported.wall.toFixed(2)} s`,
)
const x = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => Math.sin(i * i))
const y = Int32Array.from({ length: batch }, (_, i) => i % 10)
const task = new train.Task({
  model: imported.result,
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 1e-4 }),
  data: data.dataset({ x, y, shape, classes: 1000 }),
  threads: 1,
})
let least = Number.POSITIVE_INFINITY
for (let step = 0; step < steps; step++) {
  const { cpu, result } = await timed(() => task.step({ x, y, length: batch }))
  console.log(`step ${step}: ${(cpu / batch).toFixed(2)} s CPU an example, loss ${result.toFixed(3)}`)
  if (step > 0) least = Math.min(least, cpu / batch)
}
const memory = process.resourceUsage().maxRSS / 1e6
console.log(`least ${least.toFixed(2)} s CPU an example; ${memory.toFixed(2)} GB`)
if (values.python !== undefined) {
  const script = join(import.meta.dirname, 'resnet50.py')
  spawnSync(values.python, [script, size, batch, steps].map(String), { stdio: 'inherit' })
}
