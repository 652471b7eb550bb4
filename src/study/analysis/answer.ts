import { count, counted, figure, listed } from '../../core/text.ts'
import { keyOf, only, valueKey } from '../settings.ts'
import { bestOf, type Scored } from './cells.ts'
import type { Cell, Comparison, Findings, RateWindow } from './findings.ts'
import { capital, differenceText, estimateText, metricText, settingsText, valueText } from './words.ts'

type Found = Omit<Findings, 'answer'>

/**
 * Returns up to three sentences: on a study's best settings, its usable rates, and its best schedule.
 *
 * @param last cells (the trials of one combination of settings, one per seed) of the last round
 * @param wide cells of the round that tried the most combinations
 */
export function answerOf(findings: Found, last: readonly Cell[], wide: readonly Cell[]): string[] {
  const best = bestOf(last, findings.metric.goal)
  if (!best) {
    const { trials, done, diverged, failed } = findings.cost
    const rest = done > 0 ? `, and no setting has the ${metricText(findings.metric.name)} of every seed` : ''
    return [`None of ${trials} trials can be recommended: ${diverged} diverged and ${failed} failed${rest}.`]
  }
  const shorter = wide[0]!.rung === best.rung ? '' : ` in runs of ${count(wide[0]!.steps)} steps`
  return [
    bestSentence(best, findings),
    windowSentence(best, shorter, findings),
    scheduleSentence(best, findings),
  ].filter((sentence) => sentence !== undefined)
}

function bestSentence({ settings, score, steps, scores }: Scored, { metric }: Found): string {
  const result = `${metricText(metric.name)} ${estimateText(score, metric.name)}`
  const over = counted(Object.keys(scores).length, 'seed')
  return `Best was ${settingsText(settings)}: ${result} after ${count(steps)} steps, over ${over}.`
}

/** Returns a sentence on usable rates: for each normalization if it is varied, else for the best settings. */
function windowSentence(best: Scored, shorter: string, { windows, comparisons }: Found): string | undefined {
  const own = windows.filter(({ group }) => Object.keys(group).join() === 'normalization')
  const plain = own.find(({ group }) => group.normalization === 'none')
  const widest = own.filter((window) => window !== plain).sort((a, b) => b.high / b.low - a.high / a.low)[0]
  if (!widest) return bestWindow(best, shorter, windows)
  const name = valueText(widest.group.normalization!)
  const range = `With normalization ${name} usable rates were ${rangeText(widest)}`
  const without = plain ? `, without ${rangeText(plain)}` : ''
  const compared = comparisons.find(
    ({ factor, b }) => factor === 'normalization' && b.normalization === 'none',
  )
  return `${range}${without}${shorter}${compared ? `; ${compared.verdict}` : ''}.`
}

function bestWindow(best: Scored, shorter: string, windows: readonly RateWindow[]): string | undefined {
  const window = windows.find(({ group }) => keyOf(only(best.settings, Object.keys(group))) === keyOf(group))
  if (!window) return undefined
  const where = Object.keys(window.group).length > 0 ? ` with ${settingsText(window.group)}` : ''
  return `Usable rates${where} were ${rangeText(window)}${shorter}.`
}

function rangeText({ low, high, open }: RateWindow): string {
  const range = low === high ? `${figure(low)} alone` : `${figure(low)} to ${figure(high)}`
  const ends = listed([...(open.low ? ['lower'] : []), ...(open.high ? ['higher'] : [])])
  return ends === '' ? range : `${range} (${ends} ones were not tried)`
}

/** Returns a sentence on which schedules the best schedule beat, and which it was not shown to beat. */
function scheduleSentence(best: Scored, { comparisons, metric }: Found): string | undefined {
  const { normalization } = best.settings
  const own = comparisons.filter(
    ({ factor, a }) => factor === 'schedule' && valueKey(a.normalization) === valueKey(normalization),
  )
  if (own.length === 0) return undefined
  const isShown = ({ adjusted, shown }: Comparison): boolean => (shown ? shown === 'shown' : adjusted < 0.05)
  const isOtherwise = ({ shown }: Comparison): boolean => shown === 'shown otherwise'
  const name = valueText(own[0]!.a.schedule!)
  const beaten = own.filter(isShown).map(({ b, difference }) => {
    const size = differenceText(Math.abs(difference.value), metric.name)
    return `${valueText(b.schedule!)} by ${size}`
  })
  const better = own.filter(isOtherwise).map(({ b }) => valueText(b.schedule!))
  const others = own
    .filter((one) => !isShown(one) && !isOtherwise(one))
    .map(({ b }) => valueText(b.schedule!))
  const parts = [
    ...(beaten.length > 0 ? [`the schedule ${name} beat ${listed(beaten)}`] : []),
    ...(better.length > 0 ? [`more seeds showed ${listed(better)} to be better than ${name}`] : []),
    ...(others.length > 0 ? [`no difference was shown between ${name} and ${listed(others)}`] : []),
  ]
  return `${capital(parts.join('; '))}.`
}
