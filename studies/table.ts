// Results as Markdown: npx jiti studies/table.ts writes them into docs/science.md and README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check, Claim, Measure } from './claim.ts'
import { claims } from './claims.ts'
import { type Result, type Results, results } from './results.ts'
import { short } from './support/numbers.ts'

/**
 * 'reproduced' if every check holds, 'reported' if there are none. 'not shown' if the seeds leave open whether the
 * checks that do not hold would with more of them.
 */
export function verdict(result: Result | undefined): string {
  if (result === undefined) return 'not run'
  const { checks } = result
  if (checks.length === 0) return 'reported'
  const held = checks.filter(({ ok }) => ok).length
  if (held === checks.length) return 'reproduced'
  const open = checks.find(({ says }) => says?.startsWith('not shown'))?.says
  const isOpen = checks.every(({ ok, says }) => ok || says?.startsWith('not shown'))
  return `**${isOpen ? open : 'not reproduced'}** (${held} of ${checks.length} checks)`
}

/** An overview of all claims, then a section with its numbers for each. */
export function tables(claims: readonly Claim[], results: Results): string {
  const overview = table(
    ['', 'Claim', 'Source', 'Verdict'],
    claims.map(({ id, title, source }) => [id, title, source, verdict(results[id])]),
  )
  return [overview, ...claims.map((claim) => section(claim, results[claim.id]))].join('\n\n')
}

function section({ id, title, source, says }: Claim, result: Result | undefined): string {
  const head = `### ${id} ${title}\n\n${says}\n\nSource: ${source}.`
  if (result === undefined) return head
  const { measured, checks, remark, seconds, date, versions } = result
  const numbers = table(
    ['Measured', 'Value', 'Expected'],
    measured.map((measure) => [measure.name, shown(measure), measure.expected ?? '']),
  )
  const held = checks.map((check) => `- ${saysOf(check)}: ${check.what}`).join('\n')
  const how = Object.entries(versions).map(([name, version]) =>
    name === 'cpu' ? version : `${name} ${version}`,
  )
  const time = seconds === undefined ? '' : ` in ${seconds} s`
  const foot = `${capital(verdict(result))}${time} on ${date} with ${how.join(', ')}.`
  return [head, numbers, held, ...(remark === undefined ? [] : [remark]), foot]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** A check's verdict; one without intervals over seeds holds or does not. */
const saysOf = ({ ok, says = ok ? 'holds' : 'does not hold' }: Check): string => (ok ? says : `**${says}**`)

/** A measured value with its unit. JSON stores a non-finite number as null. */
const shown = ({ value, unit }: Measure): string =>
  [value]
    .flat()
    .map((one: number | null) => (one === null ? 'not finite' : short(one)))
    .join(', ') + (unit === undefined ? '' : ` ${unit}`)

const capital = (text: string): string =>
  text.replace(/^(\W*)(\w)/, (_, before, first) => before + first.toUpperCase())

/** A Markdown table with padded columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, i) => Math.max(3, ...escaped.map((cells) => cells[i]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = widths.map((width) => '-'.repeat(width))
  return [escaped[0]!, rule, ...escaped.slice(1)].map(line).join('\n')
}

const markers = ['<!-- studies -->', '<!-- /studies -->'] as const

/** The claims in README.md, each with the index of the check to show. */
const headlineChecks: Readonly<Record<string, number>> = { S4: 12, A8: 3, B12: 2, B13: 1, B16: 1, B20: 0 }

/** The README's table: a few claims, each with its most telling check. */
export const headlines = (claims: readonly Claim[], results: Results): string =>
  table(
    ['', 'Claim', 'Measured on the digits'],
    claims.flatMap(({ id, title }) => {
      const check = results[id]?.checks[headlineChecks[id] ?? -1]
      return check
        ? [
            [
              id,
              title,
              `${check.what}${check.ok ? '' : `, which ${check.says ? `is ${check.says}` : 'does not hold'}`}`,
            ],
          ]
        : []
    }),
  )

/** Returns the page with `tables` between its markers. */
export function written(page: string, tables: string): string {
  const [from, to] = markers.map((marker) => page.indexOf(marker)) as [number, number]
  if (from < 0 || to < from) throw new Error(`table: wanted ${markers.join(' and ')} in the page, got none`)
  return `${page.slice(0, from + markers[0].length)}\n\n${tables}\n\n${page.slice(to)}`
}

export const page: string = join(import.meta.dirname, '../docs/science.md')
export const readme: string = join(import.meta.dirname, '../README.md')

if (process.argv[1] === import.meta.filename) {
  const full = results('full')
  writeFileSync(page, written(readFileSync(page, 'utf8'), tables(claims, full)))
  writeFileSync(readme, written(readFileSync(readme, 'utf8'), headlines(claims, full)))
}
