// Times training steps of three networks in Evenstep and its peers. docs/benchmarks.md says what is timed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Contender } from './contender.mjs'
import { load, machine } from './machine.mjs'
import { eps, keep, lr, nets, prepared } from './nets.mjs'
import { findPython, setup } from './setup.mjs'
import { round, summary } from './statistics.mjs'
import { toMarkdown } from './table.mjs'

const help = `npm --prefix bench start -- [options]

  --rounds N     rounds, each a burst of every contender on every net (7)
  --burst MS     milliseconds per burst (500)
  --nets A,B     only these nets, such as 100-100-10
  --only A,B     only these contenders: evenstep, pytorch, jax, tfjs
  --out FILE     where the JSON goes (bench/results/latest.json)

PyTorch is measured when EVENSTEP_BENCH_PYTHON, or else python3, imports torch.`

/** Everything that can be measured: a key for --only, a name, and the command of its process. */
function known() {
  const node = (key, name) => ({ key, name, command: process.execPath, args: [`contenders/${key}.mjs`] })
  return [node('evenstep', 'Evenstep'), ...pytorch(), node('jax', 'jax-js'), node('tfjs', 'TensorFlow.js')]
}

function pytorch() {
  const python = findPython()
  const settings = JSON.stringify({ lr, keep, eps, prepared, nets: byName(nets) })
  return [1, 2].map((threads) => ({
    key: 'pytorch',
    name: `PyTorch, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    command: python,
    args: ['contenders/pytorch.py', String(threads), settings],
  }))
}

const byName = (items) => Object.fromEntries(items.map((item) => [item.name, item]))

function options() {
  const text = (value) => ({ type: 'string', default: value })
  const { values } = parseArgs({
    options: {
      rounds: text('7'),
      burst: text('500'),
      nets: text(''),
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

/** The items named in a list such as `a,b`; all if it is empty. */
function chosen(items, list, keyOf) {
  const names = list.split(',').filter(Boolean)
  const stranger = names.find((name) => !items.some((item) => keyOf(item) === name))
  if (stranger !== undefined) {
    throw new Error(`wanted one of ${[...new Set(items.map(keyOf))].join(', ')}, got ${stranger}`)
  }
  return names.length === 0 ? items : items.filter((item) => names.includes(keyOf(item)))
}

/** Milliseconds between bursts, so that threads spinning for work go to sleep. */
const settling = 100

/** Runs a burst of every contender on a net, then on the next net; the order rotates from round to round. */
async function measure(contenders, nets, { rounds, burst }) {
  const times = new Map(contenders.map(({ name }) => [name, new Map(nets.map((net) => [net.name, []]))]))
  for (let round = 0; round < rounds; round++) {
    for (const net of nets) {
      for (let i = 0; i < contenders.length; i++) {
        const contender = contenders[(i + round) % contenders.length]
        await setTimeout(settling)
        const { microseconds } = await contender.burst(net, burst)
        times.get(contender.name).get(net.name).push(microseconds)
      }
    }
    process.stderr.write(`round ${round + 1} of ${rounds}, load ${load()[0]}\n`)
  }
  return times
}

const resultOf = (contender, times) => ({
  name: contender.name,
  ...contender.about,
  idleLoad: Number(contender.idleLoad.toFixed(4)),
  nets: Object.fromEntries(
    [...times].map(([net, list]) => [net, { ...summary(list), rounds: list.map(round) }]),
  ),
})

async function main() {
  const asked = options()
  if (asked.help) return console.log(help)
  setup()
  const wanted = chosen(known(), asked.only, ({ key }) => key)
  const chosenNets = chosen(nets, asked.nets, ({ name }) => name)
  const present = wanted.filter(({ command }) => command !== undefined)
  const begun = { date: new Date().toISOString(), load: load() }
  const contenders = []
  for (const { name, command, args } of present) contenders.push(await Contender.start(name, command, args))
  const times = await measure(contenders, chosenNets, asked)
  for (const contender of contenders) await contender.stop()
  const results = {
    ...begun,
    loadAfter: load(),
    machine: machine(),
    rounds: asked.rounds,
    burst: asked.burst,
    nets: chosenNets,
    contenders: contenders.map((contender) => resultOf(contender, times.get(contender.name))),
    absent: wanted.some(({ command }) => command === undefined) ? ['PyTorch'] : [],
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
