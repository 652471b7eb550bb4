// Times training and evaluation in Evenstep and its peers. docs/benchmarks.md says what is timed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Contender } from './contender.mjs'
import { load, machine } from './machine.mjs'
import { findPython, setup } from './setup.mjs'
import { round, summary } from './statistics.mjs'
import { toMarkdown } from './table.mjs'
import * as settings from './workloads.mjs'

const help = `npm --prefix bench start -- [options]

  --rounds N       rounds, each a burst of every contender on a workload (9)
  --burst MS       milliseconds per burst (500)
  --workloads A,B  only workloads whose name contains A or B, such as ResNet or 'evaluation:'
  --only A,B       only these contenders: evenstep, pytorch, wasm, jax, tfjs
  --out FILE       where the JSON goes (bench/results/latest.json)

PyTorch is measured when EVENSTEP_BENCH_PYTHON, or else python3, imports torch.`

/** Everything that can be measured: a key for --only, a name, the command of its process, and what it runs. */
function known() {
  const node = (key, name, args = [`contenders/${key}.mjs`], runs = ({ peers }) => peers) => {
    return { key, name, command: process.execPath, args, runs }
  }
  return [
    node('evenstep', 'Evenstep', ['contenders/evenstep.mjs'], () => true),
    ...pytorch(),
    node('wasm', 'Evenstep, WASM', ['contenders/evenstep.mjs', 'wasm']),
    node('jax', 'jax-js'),
    node('tfjs', 'TensorFlow.js'),
  ]
}

function pytorch() {
  const { rates, momentum, weightDecay, emaDecay, keep, eps, prepared } = settings
  const given = JSON.stringify({ rates, momentum, weightDecay, emaDecay, keep, eps, prepared })
  return [1, 2].map((threads) => ({
    key: 'pytorch',
    name: `PyTorch, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    command: findPython(),
    args: ['contenders/pytorch.py', String(threads), given],
    runs: () => true,
  }))
}

function options() {
  const text = (value) => ({ type: 'string', default: value })
  const { values } = parseArgs({
    options: {
      rounds: text('9'),
      burst: text('500'),
      workloads: text(''),
      only: text(''),
      out: text(join(import.meta.dirname, 'results', 'latest.json')),
      help: { type: 'boolean', default: false },
    },
  })
  return { ...values, rounds: count('rounds', values.rounds), burst: count('burst', values.burst) }
}

function count(name, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name}: wanted a positive integer, got ${text}`)
  }
  return value
}

/** The items that match a list such as `a,b`; all if it is empty. */
function chosen(items, list, nameOf, isMatch) {
  const asked = list.split(',').filter(Boolean)
  const stranger = asked.find((one) => !items.some((item) => isMatch(nameOf(item), one)))
  if (stranger !== undefined) {
    throw new Error(`wanted one of ${[...new Set(items.map(nameOf))].join('; ')}, got ${stranger}`)
  }
  return asked.length === 0 ? items : items.filter((item) => asked.some((one) => isMatch(nameOf(item), one)))
}

/** Milliseconds between bursts, so that threads spinning for work go to sleep. */
const settling = 100

/** Runs bursts of all contenders on a workload in turns; the order rotates from round to round. */
async function measure(contenders, workload, folder, { rounds, burst }) {
  const { x, y } = settings.examplesOf(workload)
  writeFileSync(join(folder, 'x'), x)
  writeFileSync(join(folder, 'y'), y)
  const present = contenders.filter(({ runs }) => runs(workload))
  const times = new Map(present.map(({ contender }) => [contender.name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < present.length; i++) {
      const { contender } = present[(i + round) % present.length]
      await setTimeout(settling)
      const { microseconds } = await contender.burst(workload, folder, burst)
      times.get(contender.name).push(microseconds)
    }
  }
  process.stderr.write(`${workload.name}, load ${load()[0]}\n`)
  return Object.fromEntries(
    [...times].map(([name, list]) => [name, { ...summary(list), rounds: list.map(round) }]),
  )
}

const aboutOf = ({ name, about, idleLoad }) => ({ name, ...about, idleLoad: Number(idleLoad.toFixed(4)) })

async function main() {
  const asked = options()
  if (asked.help) return console.log(help)
  setup()
  const wanted = chosen(
    known(),
    asked.only,
    ({ key }) => key,
    (key, one) => key === one,
  )
  const some = chosen(
    settings.workloads,
    asked.workloads,
    ({ name }) => name,
    (name, one) => name.includes(one),
  )
  const present = wanted.filter(({ command }) => command !== undefined)
  const begun = { date: new Date().toISOString(), load: load() }
  const contenders = []
  for (const { name, command, args, runs } of present) {
    contenders.push({ contender: await Contender.start(name, command, args), runs })
  }
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-bench-'))
  const workloads = []
  for (const workload of some)
    workloads.push({ ...workload, times: await measure(contenders, workload, folder, asked) })
  rmSync(folder, { recursive: true })
  for (const { contender } of contenders) await contender.stop()
  const results = {
    ...begun,
    loadAfter: load(),
    machine: machine(),
    rounds: asked.rounds,
    burst: asked.burst,
    contenders: contenders.map(({ contender }) => aboutOf(contender)),
    absent: present.length < wanted.length ? ['PyTorch'] : [],
    workloads,
  }
  mkdirSync(join(asked.out, '..'), { recursive: true })
  writeFileSync(asked.out, `${JSON.stringify(results, null, 2)}\n`)
  console.log(toMarkdown(results))
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error.message}`)
  process.exit(1)
}
