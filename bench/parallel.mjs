// What training on several ranks costs: `npm run build && node bench/parallel.mjs`. docs/parallel.md has the figures.
//
//     --rounds N     times that ResNet-20 is trained by each, in turn (3)
//     --steps N      steps that each training takes after as many to warm up (8)
//     --article N    steps of the article's network in float64 (4000); 0: none
//     --out FILE     where the JSON goes (otherwise it is only printed)
//
// Needs OpenMPI and two idle cores. mpirun runs as root only if OMPI_ALLOW_RUN_AS_ROOT and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
// are 1, which are set here.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, machine } from './machine.mjs'
import { median } from './statistics.mjs'

const text = (fallback) => ({ type: 'string', default: fallback })
const { values } = parseArgs({
  options: { rounds: text('3'), steps: text('8'), article: text('4000'), out: { type: 'string' } },
})
const root = join(import.meta.dirname, '..')
const main = join(root, 'dist/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-parallel-'))
const env = {
  ...process.env,
  CI: 'true',
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
}
const run = (file, args) => execFileSync(file, args, { cwd: folder, env, encoding: 'utf8' })
const mpirun = (...args) => run('mpirun', ['-n', '2', '--oversubscribe', process.execPath, ...args])

let runs = 0
/** Trains an experiment. @returns lines of the log of the run */
function train(ranks, file, ...settings) {
  const out = `run-${runs++}`
  const args = [main, 'train', file, '--out', out, ...settings.flatMap((setting) => ['--set', setting])]
  if (ranks > 1) mpirun(...args)
  else run(process.execPath, args)
  const lines = readFileSync(join(folder, out, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line))
}
const lossesOf = (log) => log.filter(({ type }) => type === 'step').map(({ loss }) => loss)
const difference = (a, b, steps) => Math.max(...a.slice(0, steps).map((loss, i) => Math.abs(loss - b[i])))

/** Milliseconds of MPI_Allreduce over two ranks, in place, by the number of float32 numbers. */
function allReduce() {
  const script = `
    import koffi from ${JSON.stringify(import.meta.resolve('koffi'))}
    const mpi = koffi.load('libmpi.so.40')
    const of = (name) => koffi.address(mpi.symbol('ompi_mpi_' + name))
    const [type, sum, world] = [of('float'), of('op_sum'), of('comm_world')]
    const allReduce = mpi.func('int MPI_Allreduce(void*, void*, int, void*, void*, void*)')
    mpi.func('int MPI_Init(void*, void*)')(null, null)
    const times = {}
    for (const size of [1, 100, 1e4, 1e5, 272474, 665000, 1e6, 25557032]) {
      const values = new Float32Array(size)
      const once = () => { const from = performance.now(); allReduce(1n, values, size, type, sum, world); return performance.now() - from }
      once()
      const all = Array.from({ length: size > 1e6 ? 5 : size > 1e5 ? 50 : 500 }, once).sort((a, b) => a - b)
      times[size] = all[all.length >> 1]
    }
    const copied = new Float32Array(12e6), to = new Float32Array(12e6)
    const copy = () => { const from = performance.now(); to.set(copied); return performance.now() - from }
    copy()
    times.copyOf48MB = Math.min(...Array.from({ length: 10 }, copy))
    if (process.env.OMPI_COMM_WORLD_RANK === '0') process.stdout.write(JSON.stringify(times) + '\\n')
    mpi.func('int MPI_Finalize()')()
  `
  writeFileSync(join(folder, 'all-reduce.mjs'), script)
  return JSON.parse(mpirun('all-reduce.mjs'))
}

const resnet = `
  import { data, ops, optim, train } from 'evenstep'
  import { resnet20 } from ${JSON.stringify(join(root, 'examples/resnet20.ts'))}
  const examples = (n) => data.dataset({
    x: Float32Array.from({ length: n * 3072 }, (_, i) => Math.sin(i * i)),
    y: Int32Array.from({ length: n }, (_, i) => i % 10), shape: [3, 32, 32], classes: 10,
  })
  export default train.experiment({
    data: { train: examples(128 * ${values.steps}), validation: examples(2) },
    model: () => resnet20(),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.01, momentum: 0.9, weightDecay: 1e-4 }),
    batchSize: 128,
    epochs: 2,
  })
`

const article = (bn) => `
  import { data, nn, ops, optim, schedule, train } from 'evenstep'
  class Net {
    fc1 = new nn.Linear(100, 100)
    bn = new nn.BatchNorm1d(100, ${bn})
    fc2 = new nn.Linear(100, 10)
    forward(x, mode) { return this.fc2.forward(this.bn.forward(ops.relu(this.fc1.forward(x)), mode)) }
  }
  export default train.experiment({
    data: data.digits10x10(),
    model: () => new Net(),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: schedule.lambda(0.1, 'step / (step + 1)') }),
    batchSize: 64,
    steps: 20,
    threads: 1,
  })
`

/** Steps of ResNet-20 a second: one rank with one thread and with two, and two ranks of one thread each. */
function speeds() {
  writeFileSync(join(folder, 'resnet.ts'), resnet)
  const variants = { oneThread: [1, 1], twoThreads: [1, 2], twoRanks: [2, 1] }
  const found = { oneThread: [], twoThreads: [], twoRanks: [] }
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, [ranks, threads]] of Object.entries(variants)) {
      const log = train(ranks, 'resnet.ts', `threads=${threads}`)
      found[name].push(log.filter(({ type }) => type === 'epoch').at(-1).time.stepsPerSecond)
    }
  const ratios = (to) => median(found.twoRanks.map((speed, i) => speed / found[to][i]))
  return { ...found, timesOneThread: ratios('oneThread'), timesTwoThreads: ratios('twoThreads') }
}

/** How far losses of two ranks are from those of one process. */
function losses() {
  writeFileSync(join(folder, 'article.ts'), article('{}'))
  writeFileSync(join(folder, 'ghost.ts'), article('{ virtualBatchSize: 32 }'))
  const single = [train(2, 'article.ts'), train(1, 'ghost.ts')].map(lossesOf)
  const double = ['dtype=float64', `steps=${values.article}`]
  const two = lossesOf(train(2, 'article.ts', ...double))
  const micro = lossesOf(train(1, 'article.ts', ...double, 'batchSize=32', 'accumulate=2'))
  const ghost = lossesOf(train(1, 'ghost.ts', ...double))
  const at = [20, 200, 800, 1200, Number(values.article)]
  return {
    ghostFloat32: { 20: difference(...single, 20) },
    ghostFloat64: Object.fromEntries(at.map((steps) => [steps, difference(two, ghost, steps)])),
    steps: two.length,
    equalToMicroBatches: two.length === micro.length && two.every((loss, i) => loss === micro[i]),
  }
}

try {
  const begun = load()
  const found = {
    machine: machine(),
    load: begun,
    allReduceMs: allReduce(),
    resnet20: speeds(),
    ...(Number(values.article) > 0 && { article: losses() }),
  }
  const json = JSON.stringify(found, null, 2)
  process.stdout.write(`${json}\n`)
  if (values.out) writeFileSync(values.out, `${json}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
