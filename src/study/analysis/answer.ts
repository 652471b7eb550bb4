import { bestOf, type Scored } from './cells.ts'
import type { Cell, Comparison, Findings, RateWindow } from './findings.ts'
import {
  capital,
  differenceText,
  estimateText,
  figure,
  metricText,
  settingsText,
  valueText,
} from './words.ts'

/** Cells of the last round, and of the one that most settings were tried in. */
interface Rounds {
  readonly last: readonly Cell[]
  readonly wide: readonly Cell[]
}

type Found = Omit<Findings, 'answer'>

/** The question's answer in three sentences: the best settings, what normalisation does to the rate, and the schedule. */
export function answerOf(findings: Found, { last, wide }: Rounds): string[] {
  const best = bestOf(last, findings.metric.goal)
  if (!best) {
    const { trials, done, diverged, failed } = findings.cost
    const rest = done > 0 ? `, and no setting has the ${metricText(findings.metric.name)} of every seed` : ''
    return [`None of ${trials} trials can be recommended: ${diverged} diverged and ${failed} failed${rest}.`]
  }
  const shorter =
    wide[0]!.rung === best.rung ? '' : ` in runs of ${wide[0]!.steps.toLocaleString('en-US')} steps`
  return [
    bestSentence(best, findings),
    windowSentence(best, shorter, findings),
    scheduleSentence(best, findings),
  ].filter((sentence) => sentence !== undefined)
}

function bestSentence(best: Scored, { metric }: Found): string {
  const seeds = Object.keys(best.scores).length
  return (
    `Best was ${settingsText(best.settings)}: ${metricText(metric.name)} ${estimateText(best.score, metric.name)} ` +
    `after ${best.steps.toLocaleString('en-US')} steps, over ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}.`
  )
}

/** How far the usable rates reach: with each normalisation, the widest first, or else with the best settings. */
function windowSentence(best: Scored, shorter: string, { windows, comparisons }: Found): string | undefined {
  const own = windows.filter(({ group }) => Object.keys(group).join() === 'normalization')
  const plain = own.find(({ group }) => group.normalization === 'none')
  const widest = own.filter((window) => window !== plain).sort((a, b) => b.high / b.low - a.high / a.low)[0]
  if (!widest) return bestWindow(best, shorter, windows)
  const range = `with normalization ${valueText(widest.group.normalization!)} usable rates were ${rangeText(widest)}`
  const sentence = plain ? `${capital(range)}, without ${rangeText(plain)}` : capital(range)
  const compared = comparisons.find(
    ({ factor, b }) => factor === 'normalization' && b.normalization === 'none',
  )
  return `${sentence}${shorter}${compared ? `; ${compared.verdict}` : ''}.`
}

function bestWindow(best: Scored, shorter: string, windows: readonly RateWindow[]): string | undefined {
  const window = windows.find(({ group }) =>
    Object.entries(group).every(([factor, value]) => valueText(best.settings[factor]!) === valueText(value)),
  )
  if (!window) return undefined
  const where = Object.keys(window.group).length > 0 ? ` with ${settingsText(window.group)}` : ''
  return `Usable rates${where} were ${rangeText(window)}${shorter}.`
}

const rangeText = ({ low, high, open }: RateWindow): string => {
  const ends = [open.low && 'lower', open.high && 'higher'].filter(Boolean).join(' and ')
  return `${low === high ? `${figure(low)} alone` : `${figure(low)} to ${figure(high)}`}${ends ? ` (${ends} ones were not tried)` : ''}`
}

/** What the best schedule beat, and what it was not shown to beat. */
function scheduleSentence(best: Scored, { comparisons, metric }: Found): string | undefined {
  const { normalization } = best.settings
  const own = comparisons.filter(
    ({ factor, a }) =>
      factor === 'schedule' && JSON.stringify(a.normalization) === JSON.stringify(normalization),
  )
  if (own.length === 0) return undefined
  const shown = own.filter(({ adjusted }) => adjusted < 0.05)
  const open = own.filter((comparison) => !shown.includes(comparison))
  const name = valueText(own[0]!.a.schedule!)
  const beat = shown.map((one) => `${valueText(one.b.schedule!)} by ${sizeText(one, metric.name)}`)
  const rest = open.map(({ b }) => valueText(b.schedule!))
  const parts = [
    beat.length > 0 && `the schedule ${name} beat ${listText(beat)}`,
    rest.length > 0 && `no difference was shown between ${name} and ${listText(rest)}`,
  ]
  return `${capital(parts.filter(Boolean).join('; '))}.`
}

const sizeText = ({ difference }: Comparison, metric: string): string =>
  differenceText(Math.abs(difference.value), metric)

const listText = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
