// Times a study of 200 trials of the README's network, one epoch each, and the share of a trial that is not
// training. docs/benchmarks.md says what is timed.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, machine } from './machine.mjs'

const help = `node bench/study.mjs [options]

  --trials N     number of trials, two seeds per rate (200)
  --workers N    trials at a time (one per core)
  --out FILE     where the JSON goes (otherwise it is only printed)`

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '200' },
    workers: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-study-'))
const study = {
  experiment: join(root, 'examples/digits.ts'),
  factors: {
    normalization: ['none', 'batch'],
    schedule: ['constant', 'warmupCosine'],
    lr: { from: 0.01, to: 1, count: Math.max(2, Math.round(Number(values.trials) / 8)) },
  },
  seeds: 2,
  steps: 937,
}
writeFileSync(join(folder, 'bench.mjs'), `export default ${JSON.stringify(study)}`)

const before = load()
const begun = performance.now()
const child = spawn(
  process.execPath,
  [
    join(root, 'dist/cli/main.js'),
    'study',
    join(folder, 'bench.mjs'),
    '--out',
    join(folder, 'out'),
    '--workers',
    values.workers,
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
)
const code = await new Promise((resolve) => child.on('exit', resolve))
const seconds = (performance.now() - begun) / 1e3
if (code !== 0) throw new Error(`the study exited with code ${code}`)

const { trials } = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8'))
const sum = (of) => trials.reduce((total, { result }) => total + of(result), 0)
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
const training = sum(({ time }) => time.training)
const inTrials = sum(({ time }) => time.total)
const size = Number(execFileSync('du', ['-sk', join(folder, 'out')], { encoding: 'utf8' }).split('\t')[0])
const result = {
  machine: machine(),
  load: { before, after: load() },
  workers: Number(values.workers),
  trials: trials.length,
  seconds,
  training,
  inTrials,
  medianTrial: median(trials.map(({ result }) => result.time.total)),
  /** Share of a worker's time in a trial: evaluation, compilation, the log, the model file. */
  shareInTrials: 1 - training / inTrials,
  /** Share of all workers' time from start to end: start-up, planning, the database, the analysis. */
  shareAround: 1 - inTrials / (seconds * Number(values.workers)),
  mebibytes: size / 1024,
}
rmSync(folder, { recursive: true })
console.log(JSON.stringify(result, null, 2))
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`)
