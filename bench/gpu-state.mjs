// Times steps of 784-512-512-10 by WebGPU in Node.js, with state that stays on the GPU and with state that is fed to each
// step, in turns. A GPU in software: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json XDG_RUNTIME_DIR=/tmp
import { data, nn, ops, optim, train } from '../dist/index.js'
import { load } from './machine.mjs'
import { round, summary } from './statistics.mjs'
import { momentum, numbers, rates } from './workloads.mjs'

const [batch = 32, rounds = 5, K = 4] = process.argv.slice(2).map(Number)
const draw = numbers(1)
const x = Float32Array.from({ length: batch * K * 784 }, () => draw() - 0.5)
const y = Int32Array.from({ length: batch * K }, (_, i) => i % 10)
const all = data.dataset({ x, y, shape: [784], classes: 10 })
const block = (inputs) => [new nn.Linear(inputs, 512), new nn.ReLU(), new nn.BatchNorm1d(512)]
const model = new nn.Sequential(...block(784), ...block(512), new nn.Linear(512, 10))
const optimizer = optim.sgd({ lr: rates.momentum, momentum })
const task = new train.Task({ model, loss: ops.crossEntropy, optimizer, data: all, device: 'webgpu' })
const loader = data.loader(all, { batchSize: batch, seed: 0 })
const [stack] = loader.stacks(0, () => K)
const batches = [...loader.batches(0)]
const stored = [...task.variables.values(), ...task.optimizerState.values()]

const ways = {
  /** All steps in one call. */
  async kept() {
    await task.learn(stack, batch)
  },
  /** A call for each step, to which all variables are uploaded. */
  async fed() {
    for (const one of batches) {
      for (const variable of stored) variable.data = variable.data.slice()
      await task.learn(one, batch)
    }
  },
}
const [wall, cpu] = [
  { kept: [], fed: [] },
  { kept: [], fed: [] },
]
for (const way of ['kept', 'fed']) await ways[way]()
for (let i = 0; i < rounds; i++)
  for (const way of i % 2 ? ['fed', 'kept'] : ['kept', 'fed']) {
    const [begun, used] = [performance.now(), process.cpuUsage()]
    await ways[way]()
    wall[way].push((performance.now() - begun) / K)
    const { user, system } = process.cpuUsage(used)
    cpu[way].push((user + system) / 1e3 / K)
  }
const megabytes = stored.reduce((sum, { data }) => sum + data.byteLength, 0) / 1e6
console.log(`batch ${batch}, ${K} steps a call, ${round(megabytes)} MB of state, load ${load()}`)
for (const way of ['kept', 'fed'])
  console.log(
    `${way}: ${JSON.stringify(summary(wall[way]))} ms a step, CPU ${JSON.stringify(summary(cpu[way]))}`,
  )
