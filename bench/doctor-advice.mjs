// Does the doctor's advice harm? On six problems (bench/doctor-problems.mjs) and ten seeds, the doctor examines a
// run; then each of its findings is obeyed on its own, at another seed, and compared with a run at that seed in
// which nothing was obeyed. Advice about the run itself, to recalibrate its statistics, is obeyed on that run. The
// score is the loss on data that neither training nor doctor has seen.
// Run it with: node bench/doctor-advice.mjs [--out FILE] [--seeds N] [problem …]   (after npm run build)
// It goes on where it stopped; `--table` prints the table alone. Some 10 minutes on one core.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { doctor, train } from '../dist/index.js'

const { values: options, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'artifacts/doctor-advice.jsonl' },
    seeds: { type: 'string', default: '10' },
    problems: { type: 'string', default: new URL('doctor-problems.mjs', import.meta.url).pathname },
    table: { type: 'boolean', default: false },
  },
})

const { problems } = await import(resolve(options.problems))

/** A loss is at most this many times another one, such as that of a run that broke. */
const most = 100

/** Trains an experiment; the task, or undefined if the loss was not finite. */
async function trained(experiment) {
  const task = train.taskOf(experiment)
  const log = { losses: [], lrs: [], logs: {} }
  try {
    for await (const event of train.run(experiment, { task })) {
      if (event.type !== 'steps') continue
      log.losses.push(...event.losses)
      log.lrs.push(...event.lrs)
      for (const [name, values] of Object.entries(event.logs ?? {})) {
        log.logs[name] = [...(log.logs[name] ?? []), ...values]
      }
    }
  } catch (error) {
    if (!/finite/.test(error.message)) throw error
    return undefined
  }
  return { task, log }
}

/** The loss on the data kept for the test after training. */
async function lossOf(experiment, test) {
  const run = await trained(experiment)
  if (!run) return Number.POSITIVE_INFINITY
  return (await run.task.evaluate(test, { batchSize: 1024 })).loss
}

/** What the doctor says of a run that was not ok. */
async function findingsOf(experiment) {
  const run = await trained(experiment)
  const found = [...doctor.lint(experiment)]
  if (!run) return found
  for await (const one of doctor.examine(experiment, run.task, { log: run.log })) {
    if (doctor.isFinding(one) && one.severity !== 'ok') found.push(one)
  }
  return found
}

/** Obeys the findings of one run one by one. */
async function tested({ data: make, common, settings }, setting, seed) {
  const { test, ...data } = make()
  const { obeyed: models = {}, ...own } = settings[setting]
  const shared = { data, threads: 1, ...common, ...own }
  const seen = train.experiment({ ...shared, seed })
  const fresh = train.experiment({ ...shared, seed: 1000 + seed })
  const findings = await findingsOf(seen)
  const losses = new Map() // of experiments that were not changed
  const ignoredOf = async (one) => losses.get(one) ?? losses.set(one, await lossOf(one, test)).get(one)
  const obeyed = []
  for (const { id, rule, severity, advice, change } of findings) {
    if (!change) continue
    const one = change.type === 'recalibrate' && id ? seen : fresh
    const changed = change.type === 'model' ? { ...one, model: models[rule] } : doctor.obey(one, change)
    const [loss, ignored] = [await lossOf(changed, test), await ignoredOf(one)]
    obeyed.push({ id: id ?? rule, change: change.type, severity, advice, loss, ignored })
  }
  return { seed, obeyed, said: findings.map(({ id, rule, advice }) => `${id ?? rule}: ${advice}`) }
}

const read = () =>
  existsSync(options.out)
    ? readFileSync(options.out, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : []

async function measure() {
  mkdirSync(dirname(options.out), { recursive: true })
  const done = new Set(read().map(({ problem, setting, seed }) => [problem, setting, seed].join()))
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    for (const [problem, one] of Object.entries(problems)) {
      if (chosen.length > 0 && !chosen.includes(problem)) continue
      for (const setting of Object.keys(one.settings)) {
        if (done.has([problem, setting, seed].join())) continue
        const begun = performance.now()
        const result = await tested(one, setting, seed)
        appendFileSync(options.out, `${JSON.stringify({ problem, setting, ...result })}\n`)
        const seconds = ((performance.now() - begun) / 1e3).toFixed(1)
        console.error(`${problem}, ${setting}, seed ${seed}: ${seconds} s`)
      }
    }
  }
}

/** ln(obeyed/ignored), limited to what broken runs count as. */
function logRatio(obeyed, ignored) {
  const limit = Math.log(most)
  const ratio = Math.log((obeyed ?? Number.POSITIVE_INFINITY) / (ignored ?? Number.POSITIVE_INFINITY))
  return Number.isNaN(ratio) ? 0 : Math.max(-limit, Math.min(limit, ratio))
}

// Quantiles of Student's t, one-sided 95 %, by degrees of freedom.
const t95 = [Number.POSITIVE_INFINITY, 6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833]

/** Greatest gain that counts for the bound of advice that was not given at every seed. */
const mostGain = Math.log(0.9)

const meanOf = (values) => values.reduce((a, b) => a + b, 0) / values.length

/**
 * The mean change of the loss by obeying, and the upper end of its one-sided interval of 95 %. Where advice was
 * given at some of the seeds only, gains are limited first: the mean can only rise, and a few large gains among
 * seeds of no change do not widen the interval.
 */
function summary(given, silent) {
  const ratios = [...given, ...Array(silent).fill(0)]
  const limited = silent > 0 ? ratios.map((ratio) => Math.max(ratio, mostGain)) : ratios
  const n = ratios.length
  const mean = meanOf(limited)
  const variance = limited.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, n - 1)
  const t = t95[n - 1] ?? 1.645 + 1.9 / n
  const upper = n > 1 ? mean + t * Math.sqrt(variance / n) : Number.POSITIVE_INFINITY
  return { mean: Math.exp(meanOf(ratios)) - 1, upper: Math.exp(upper) - 1 }
}

const percent = (x) => (Number.isFinite(x) ? `${x > 0 ? '+' : ''}${(100 * x).toFixed(1)} %` : '–')

/** One line for each piece of advice and setting. A seed at which it was not given counts as no change. */
function table() {
  const rows = new Map()
  const all = read().filter(({ seed }) => seed < Number(options.seeds))
  for (const { problem, setting, obeyed } of all) {
    for (const { id, change, loss, ignored } of obeyed) {
      const key = [id, change, problem, setting].join('|')
      rows.set(key, [...(rows.get(key) ?? []), logRatio(loss, ignored)])
    }
  }
  const runs = (problem, setting) =>
    all.filter((one) => one.problem === problem && one.setting === setting).length
  const order = ([a], [b]) => a.localeCompare(b, 'en', { numeric: true })
  console.log('| problem | setting | finding | change | raised | loss | 95 % bound | |')
  console.log('| --- | --- | --- | --- | --: | --: | --: | --- |')
  for (const [key, given] of [...rows].sort(order)) {
    const [id, change, problem, setting] = key.split('|')
    const count = runs(problem, setting)
    const { mean, upper } = summary(given, count - given.length)
    const verdict = upper <= 0.01 ? '' : mean > 0.01 ? 'harms' : 'not shown'
    const cells = [
      problem,
      setting,
      id,
      change,
      `${given.length}/${count}`,
      percent(mean),
      percent(upper),
      verdict,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

if (!options.table) await measure()
table()
