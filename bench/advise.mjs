// How good is advice? On the problems of bench/advise-problems.mjs, -later-problems.mjs and -last-problems.mjs, settings
// that `advise` recommends, the five best of a grid of 120 that it has not seen, and the experiment as it is are trained
// anew on ten fresh seeds, and scored on test data. Regret is the ratio of the mean loss of the recommended settings to the
// best of the means, minus 1.
//
// Run it with: EVENSTEP_DATA=… npx jiti bench/advise.mjs [--only NAMES] [--design] [--seeds N] [--share X] [--grid] [--table]
// Each run is kept in artifacts/advise-runs.jsonl, so that it goes on where it stopped; results are in
// bench/results/advise.json, from which `--table` prints the tables of docs/advise.md.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { study, train } from '../src/index.ts'
import { keepSessions } from '../src/runtime/node-cpu.ts'
import { explosionOf } from '../src/study/run/explosion.ts'
import { settingsOf } from '../src/study/trial-settings.ts'
import { withSettings } from '../src/train/spec.ts'
import { lastProblems } from './advise-last-problems.mjs'
import { laterProblems } from './advise-later-problems.mjs'
import { problems as earlier } from './advise-problems.mjs'
import { summary } from './advise-summary.mjs'

const problems = { ...earlier, ...laterProblems, ...lastProblems }

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    design: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '4' },
    share: { type: 'string', default: '0.15' },
    runs: { type: 'string', default: 'artifacts/advise-runs.jsonl' },
    out: { type: 'string', default: 'bench/results/advise.json' },
    grid: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
})

const results = existsSync(options.out) ? JSON.parse(readFileSync(options.out, 'utf8')) : {}

/** The grid: rates a quarter-decade off those that `advise` tries. */
const normalizations = ['none', 'batch', 'layer']
const schedules = ['constant', 'linear', 'cosine', 'oneCycle', 'rex']
const quarters = [-2.25, -1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25]
/** Advice may take this share of the steps of the grid. */
const share = Number(options.share)
const fresh = Array.from({ length: 10 }, (_, i) => 1000 + i)

const known = new Map()
if (existsSync(options.runs)) {
  for (const line of readFileSync(options.runs, 'utf8').split('\n').filter(Boolean)) {
    const { key, ...result } = JSON.parse(line)
    known.set(key, result)
  }
}
mkdirSync('artifacts', { recursive: true })
keepSessions(40)

const made = new Map()
function experimentOf(name) {
  const { kind: _, design: __, data, ...rest } = problems[name]
  if (!made.has(name)) made.set(name, train.experiment({ ...rest, data: data(), threads: 1 }))
  return made.get(name)
}

/** Trains a trial, or looks it up: its result and, at a fresh seed, the loss on test data. */
async function run(name, { settings, seed, split, steps }) {
  const key = JSON.stringify([name, settings, seed, split ?? null, steps])
  if (!known.has(key)) {
    const result = await trained(name, { settings, seed, split, steps })
    known.set(key, result)
    appendFileSync(options.runs, `${JSON.stringify({ key, ...result })}\n`)
  }
  return known.get(key)
}

async function trained(name, trial) {
  const base = experimentOf(name)
  const experiment = withSettings(base, settingsOf(base, trial, { metric: 'validationLoss', watch: false }))
  const task = train.taskOf(experiment)
  const losses = []
  let last
  const begun = performance.now()
  try {
    for await (const event of train.run(experiment, { task })) {
      if (event.type === 'steps') losses.push(...event.losses)
      if (event.type === 'epoch') last = event
    }
  } catch (error) {
    if (!/finite/.test(error.message)) throw error
    return { steps: losses.length }
  }
  if (explosionOf(losses[0], [losses.at(-1), last.trainLoss, last.validationLoss]))
    return { steps: trial.steps }
  const isFresh = trial.seed >= fresh[0]
  const test = isFresh ? (await task.evaluate(base.data.test, { batchSize: 1000 })).loss : undefined
  const seconds = (performance.now() - begun) / 1e3
  return { loss: last.validationLoss, test, steps: trial.steps, seconds: Number(seconds.toFixed(3)) }
}

/** Runs trials for `advise`. */
const runnerOf = (name) =>
  async function* (_, trials) {
    for (const trial of trials) {
      const { loss, steps, seconds = 0 } = await run(name, trial)
      const metrics = loss === undefined ? {} : { validationLoss: loss }
      const time = { training: seconds, total: seconds }
      const status = loss === undefined ? 'diverged' : 'done'
      yield {
        ...trial,
        result: { status, metrics, steps, time, curve: { steps: [], trainLoss: [], lr: [] } },
      }
    }
  }

/** The settings of the grid, and their validation losses. */
async function gridOf(name) {
  const { optimizer, steps } = experimentOf(name)
  const { testRates, heavyBall, momentum = 0 } = optimizer.traits()
  const usual = Math.log10(testRates[1] / 10) + Math.log10(heavyBall ? 1 - momentum : 0.5)
  const middle = Math.round(2 * usual) / 2
  const cells = []
  for (const normalization of normalizations) {
    for (const schedule of schedules) {
      for (const quarter of quarters) {
        const settings = { normalization, lr: Number((10 ** (middle + quarter)).toPrecision(2)), schedule }
        const { loss = Number.POSITIVE_INFINITY } = await run(name, { settings, seed: 0, steps })
        cells.push({ settings, loss })
      }
    }
  }
  return cells.sort((a, b) => a.loss - b.loss)
}

/** The advice on a problem, begun at a seed. */
async function adviceOn(name, seed) {
  const experiment = { ...experimentOf(name), seed }
  const budget = Math.floor(share * 120 * experiment.steps)
  for await (const event of study.advise(experiment, { budget, runner: runnerOf(name) })) {
    if (event.type === 'advice') return event.advice
  }
}

async function measured(name) {
  const { steps } = experimentOf(name)
  const begun = performance.now()
  const kept = options.grid ? undefined : results[name]?.best // the grid does not depend on advise
  const best = kept ?? (await gridOf(name)).slice(0, 5).map(({ settings }) => settings)
  if (options.grid) {
    for (const settings of [...best, {}]) for (const seed of fresh) await run(name, { settings, seed, steps })
    return
  }
  const advice = []
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    const {
      recommendation,
      certainty,
      confidence,
      within,
      better,
      trials,
      steps: cost,
    } = await adviceOn(name, 100 * seed)
    const { settings } = trials.find(({ id }) => id === recommendation.trial)
    advice.push({
      seed: 100 * seed,
      settings,
      certainty,
      confidence,
      within,
      better,
      cost: cost.spent / (120 * steps),
    })
  }
  const losses = {}
  for (const settings of [...best, {}, ...advice.map((one) => one.settings)]) {
    const scores = []
    for (const seed of fresh) scores.push((await run(name, { settings, seed, steps })).test ?? null)
    losses[JSON.stringify(settings)] = scores
  }
  console.error(`${name}: ${((performance.now() - begun) / 1e3).toFixed(0)} s`)
  const { kind, design = false } = problems[name]
  const { train: trained, validation } = experimentOf(name).data
  return { kind, design, examples: trained.length + validation.length, best, advice, losses }
}

if (!options.table) {
  const names = options.only?.split(';') ?? Object.keys(problems)
  for (const name of names) {
    if (options.design && !problems[name].design) continue
    const result = await measured(name)
    if (result === undefined) continue
    results[name] = result
    const lines = Object.entries(results).map(
      ([key, one]) => `${JSON.stringify(key)}: ${JSON.stringify(one)}`,
    )
    writeFileSync(options.out, `{\n${lines.join(',\n')}\n}\n`)
  }
}
console.log(summary(results))
