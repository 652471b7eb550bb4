import { bestOf } from './cells.ts'
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

/** The question's answer in three sentences: the best settings, what normalisation does to the rate, and the schedule. */
export function answerOf(findings: Omit<Findings, 'answer'>, last: readonly Cell[]): string[] {
  const best = bestOf(last, findings.metric.goal)
  if (!best) {
    const { trials, diverged, failed } = findings.cost
    return [`None of ${trials} trials can be recommended: ${diverged} diverged and ${failed} failed.`]
  }
  return [bestSentence(best, findings), windowSentence(findings), scheduleSentence(findings)].filter(
    (sentence) => sentence !== undefined,
  )
}

function bestSentence(
  best: Required<Pick<Cell, 'score'>> & Cell,
  { metric }: Omit<Findings, 'answer'>,
): string {
  const seeds = Object.keys(best.scores).length
  return (
    `Best was ${settingsText(best.settings)}: ${metricText(metric.name)} ${estimateText(best.score, metric.name)} ` +
    `after ${best.steps.toLocaleString('en-US')} steps, over ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}.`
  )
}

/** How far the usable rates reach with each normalisation, most first. */
function windowSentence({ windows, comparisons }: Omit<Findings, 'answer'>): string | undefined {
  const own = windows.filter(({ group }) => Object.keys(group).join() === 'normalization')
  const plain = own.find(({ group }) => group.normalization === 'none')
  const widest = own.filter((window) => window !== plain).sort((a, b) => b.high / b.low - a.high / a.low)[0]
  if (!widest) return windows[0] && `Usable rates were ${rangeText(windows[0])}.`
  const range = `with normalization ${valueText(widest.group.normalization!)} usable rates were ${rangeText(widest)}`
  const sentence = plain ? `${capital(range)}, without ${rangeText(plain)}` : capital(range)
  const compared = comparisons.find(
    ({ factor, b }) => factor === 'normalization' && b.normalization === 'none',
  )
  return `${sentence}${compared ? `; ${compared.verdict}` : ''}.`
}

const rangeText = ({ low, high, open }: RateWindow): string => {
  const ends = [open.low && 'lower', open.high && 'higher'].filter(Boolean).join(' and ')
  return `${low === high ? `${figure(low)} alone` : `${figure(low)} to ${figure(high)}`}${ends ? ` (${ends} ones were not tried)` : ''}`
}

/** What the best schedule beat, and what it was not shown to beat. */
function scheduleSentence({ comparisons, metric, cells }: Omit<Findings, 'answer'>): string | undefined {
  const best = bestOf(cells, metric.goal)
  const own = comparisons.filter(
    ({ factor, a }) =>
      factor === 'schedule' && a.normalization === (best?.settings.normalization ?? a.normalization),
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
