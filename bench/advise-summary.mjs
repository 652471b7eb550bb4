// The tables of docs/advise.md, from the results of bench/advise.mjs.
import { median } from './statistics.mjs'

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length
const percent = (x, digits = 1) => `${(100 * x).toFixed(digits).replace('-', '−')} %`
/** 95 % quantiles of Student's t for 1, 2, … degrees of freedom. */
const t95 = [
  6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81, 1.8, 1.78, 1.77, 1.76, 1.75, 1.75, 1.74,
]

/** Mean of values and half of the width of its one-sided interval of 95 %. */
function bounded(values) {
  const centre = mean(values)
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1)
  return [centre, t95[Math.min(values.length - 1, t95.length) - 1] * Math.sqrt(variance / values.length)]
}

/** The value below which nine tenths lie, interpolated. */
function nineTenths(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = 0.9 * (sorted.length - 1)
  const low = Math.floor(at)
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low])
}

/** A run that broke counts as ten times the best loss of its seed. */
function repaired(losses) {
  const columns = Object.values(losses)
  const best = columns[0].map((_, s) =>
    Math.min(...columns.map((column) => column[s] ?? Number.POSITIVE_INFINITY)),
  )
  const cap = (loss, s) => Math.min(loss ?? Number.POSITIVE_INFINITY, 10 * best[s])
  return Object.fromEntries(Object.entries(losses).map(([key, column]) => [key, column.map(cap)]))
}

/** Regret of one piece of advice, and what else is compared on the fresh seeds. */
function judged({ best, losses }, { settings, within, certainty, ...one }) {
  const contenders = [...new Set([...best, settings].map((each) => JSON.stringify(each)))].map(
    (key) => losses[key],
  )
  const least = Math.min(...contenders.map(mean))
  const [own, advised] = [losses['{}'], losses[JSON.stringify(settings)]]
  const regret = mean(advised) / least - 1
  const others = (column, s) => mean(column.filter((_, i) => i !== s))
  const onOthers = own.map((_, s) => contenders.reduce((a, b) => (others(b, s) < others(a, s) ? b : a))[s])
  const oracle = mean(onOthers) / least - 1
  const winner = contenders.find((column) => mean(column) === least)
  const [behind, half] = bounded(advised.map((loss, s) => Math.log(loss / winner[s])))
  const change = advised.map((loss, s) => Math.log(loss / own[s]))
  return {
    ...{ ...one, within, certainty, regret, oracle },
    isOwn: JSON.stringify(settings) === '{}',
    holds: regret <= within + oracle,
    unshown: !(behind - half > Math.log(1.1)),
    gain: mean(advised) / mean(own) - 1,
    ofGrid: mean(losses[JSON.stringify(best[0])]) / least - 1,
    shownWorse: bounded(change)[0] - bounded(change)[1] > Math.log(1.01),
    isBetter: mean(advised) < mean(own),
  }
}

const row = (cells) => `| ${cells.join(' | ')} |`

export function summary(results) {
  const all = Object.entries(results).map(([name, { losses, ...result }]) => {
    const whole = { ...result, losses: repaired(losses) }
    return { name, ...result, judged: whole.advice.map((one) => judged(whole, one)) }
  })
  if (all.length < 2) return JSON.stringify(all)
  const lines = [
    row([
      'problem',
      'kind',
      'examples',
      'regret',
      'oracle’s',
      'the grid’s',
      'against the experiment as it is',
      'sure',
      'within',
      'cost',
    ]),
    row(['---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '--:']),
    ...all.map(({ name, kind, design, examples, judged: each }) => {
      const of = (key) => each.map((one) => one[key])
      const sure = each.filter(({ certainty }) => certainty === 'sure')
      return row([
        design ? name : `**${name}**`,
        kind,
        examples,
        percent(mean(of('regret'))),
        percent(mean(of('oracle'))),
        percent(mean(of('ofGrid'))),
        percent(mean(of('gain'))),
        `${sure.length} of ${each.length}`,
        percent(median(of('within')), 0),
        percent(mean(of('cost'))),
      ])
    }),
  ]
  return [
    ...lines,
    '',
    ...[true, false].flatMap((design) =>
      totals(
        all.filter((one) => one.design === design),
        design,
      ),
    ),
    ...totals(all),
  ].join('\n')
}

function totals(problems, design) {
  if (problems.length < 2) return []
  const each = problems.flatMap((one) => one.judged)
  const means = problems.map((one) => mean(one.judged.map(({ regret }) => regret)))
  const oracles = problems.map((one) => mean(one.judged.map(({ oracle }) => oracle)))
  const [centre, half] = bounded(means)
  const ofGrid = problems.map((one) => mean(one.judged.map((each) => each.ofGrid)))
  const sure = each.filter(({ certainty }) => certainty === 'sure')
  const little = each.filter(({ certainty }) => certainty === 'too little data')
  const changed = each.filter(({ isOwn }) => !isOwn)
  const brier = (list, p, hit) => mean(list.map((one) => (one[p] - (one[hit] ? 1 : 0)) ** 2))
  const name = { true: 'looked at', false: 'not looked at' }[design] ?? 'all'
  return [
    `${name}: ${each.length} recommendations on ${problems.length} problems`,
    `  regret: median ${percent(median(each.map((one) => one.regret)))}, 90th percentile ${percent(nineTenths(each.map((one) => one.regret)))} (oracle ${percent(nineTenths(each.map((one) => one.oracle)))}), mean ${percent(centre)} at most ${percent(centre + half)}; oracle's mean ${percent(mean(oracles))}`,
    `  by problem: median ${percent(median(means))}, 90th percentile ${percent(nineTenths(means))} (oracle ${percent(nineTenths(oracles))})`,
    `  the grid's best by its validation loss: median ${percent(median(ofGrid))}, 90th percentile ${percent(nineTenths(ofGrid))}, mean ${percent(mean(ofGrid))}`,
    `  shown worse than the experiment as it is by over 1 %: ${each.filter((one) => one.shownWorse).length}`,
    `  sure: ${sure.length}, of which ${sure.filter(({ holds }) => holds).length} hold; too little data: ${little.length}, of which ${little.filter(({ unshown }) => unshown).length} could not be told by ten fresh seeds`,
    `  Brier score: ${brier(each, 'confidence', 'holds').toFixed(3)} (within), ${brier(changed, 'better', 'isBetter').toFixed(3)} (better than as it is)`,
    ...bins(problems, 'confidence', 'holds'),
    ...bins(problems, 'better', 'isBetter'),
    '',
  ]
}

/** Reliability: how often statements of about the same probability were right, and the standard error over problems. */
function bins(problems, p, hit) {
  const edges = [0, 0.5, 0.8, 0.9, 0.95, 1.0001]
  return edges.slice(1).flatMap((high, i) => {
    const within = problems
      .map(({ judged: each }) => each.filter((one) => one[p] >= edges[i] && one[p] < high))
      .filter(({ length }) => length > 0)
    const flat = within.flat()
    if (flat.length === 0) return []
    const rate = mean(flat.map((one) => (one[hit] ? 1 : 0)))
    const off = within.map((list) => list.reduce((sum, one) => sum + (one[hit] ? 1 : 0) - rate, 0))
    const error = Math.sqrt(off.reduce((sum, x) => sum + x * x, 0)) / flat.length
    return `  ${p} ${edges[i]} to ${Math.min(1, high)}: mean ${mean(flat.map((one) => one[p])).toFixed(2)}, right ${rate.toFixed(2)} ± ${error.toFixed(2)} (${flat.length} in ${within.length} problems)`
  })
}
