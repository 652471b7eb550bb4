// Writes the tables of docs/article.md: npx jiti studies/article/page.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { study } from 'evenstep'
import type { Effect } from '../claim.ts'
import { claims } from '../claims.ts'
import { type Results, results } from '../results.ts'
import { claimedOf, finite } from '../support/effect.ts'
import { table, verdict, written } from '../table.ts'
import { type Row, rows } from './rows.ts'

/** An effect with what its seeds show. */
interface Judged {
  readonly effect: Effect
  /** Geometric mean of the ratio with its 95 % interval: `0.53 [0.46, 0.60]`. */
  readonly ratio: string
  /** 'shown', 'shown otherwise' or 'not shown with 12 seeds'; 'reported' where the claim says nothing. */
  readonly says: string
}

function judged(effect: Effect): Judged {
  const ended = finite(effect)
  if (effect.lost) return { effect, ratio: '', says: withLost(effect, effect.lost) }
  if (ended.length < 2) return { effect, ratio: '', says: 'not judged: no run got there' }
  const { value, interval, says } = study.judge(ended, claimedOf(effect), [ended.length])
  const [low, high] = interval.map((end) => figures(Math.exp(end)))
  const ratio = `${figures(Math.exp(value))} [${low}, ${high}]`
  return { effect, ratio, says: effect.wanted === undefined ? 'reported' : says }
}

/** The verdict where an arm diverged or did not get there with some seeds: it lost by these, if chance is ruled out. */
function withLost({ wanted, logRatios }: Effect, [first, second]: readonly [number, number]): string {
  const flags = (count: number, offset: number): boolean[] =>
    Array.from({ length: first + second }, (_, i) => i >= offset && i < offset + count)
  const p = study.divergedTest(flags(first, 0), flags(second, first))
  const counts = `of ${logRatios.length} seeds, the first arm alone failed with ${first}, the second with ${second}`
  if (wanted === undefined) return `reported (${counts})`
  if (p >= 0.05) return `not shown with ${logRatios.length} seeds (${counts})`
  const as = wanted === 'below 1' ? second > first : wanted === 'above 1' && first > second
  return `${as ? 'shown' : 'shown otherwise'} (${counts})`
}

const figures = (value: number): string => String(Number(value.toPrecision(3)))

const effectsOf = (id: string, known: Results): readonly Judged[] => (known[id]?.effects ?? []).map(judged)

/** The verdict on an assertion: of each claim with effects how many were shown, of others their own verdict. */
function verdictOf({ claims: ids }: Row, known: Results): string {
  return ids.map((id) => `${id}: ${verdictOn(id, known)}`).join('; ')
}

function verdictOn(id: string, known: Results): string {
  const judged = effectsOf(id, known).filter(({ effect }) => effect.wanted !== undefined)
  if (judged.length === 0) return verdict(known[id])
  const count = new Map<string, number>()
  for (const { says } of judged) {
    const [word] = says.split(' (') as [string]
    count.set(word, (count.get(word) ?? 0) + 1)
  }
  if (count.size === 1) return [...count.keys()][0]!
  return `of ${judged.length} ratios, ${[...count].map(([says, n]) => `${n} ${says}`).join(', ')}`
}

/** The overview and, for each claim with effects, a table of these. */
export function articlePage(known: Results): string {
  const overview = table(
    ['The article says', 'Compared with', 'Verdict'],
    rows.map((row) => [row.asserts, row.control, verdictOf(row, known)]),
  )
  const ids = [...new Set(rows.flatMap(({ claims }) => claims))]
  return [overview, ...ids.flatMap((id) => section(id, known))].join('\n\n')
}

function section(id: string, known: Results): string[] {
  const effects = effectsOf(id, known)
  const claim = claims.find((claim) => claim.id === id)
  if (effects.length === 0 || !claim) return []
  const rows = effects.map(({ effect, ratio, says }) => [effect.what, ratio, effect.wanted ?? '', says])
  const head = `### ${id} ${claim.title}\n\n${claim.says}`
  return [head, table(['Ratio', 'Measured', 'Claimed', 'Verdict'], rows)]
}

export const article: string = join(import.meta.dirname, '../../docs/article.md')

if (process.argv[1] === import.meta.filename) {
  writeFileSync(article, written(readFileSync(article, 'utf8'), articlePage(results('full'))))
}
