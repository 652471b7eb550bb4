import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { article, articlePage } from '../studies/article/page.ts'
import { claims } from '../studies/claims.ts'
import { replaced, results } from '../studies/results.ts'
import { headlines, page, readme, tables, verdict, written } from '../studies/table.ts'

// The published claims that docs/science.md speaks of, in their smaller form.

describe.each(claims.filter(({ onlyFull }) => !onlyFull))('$id: $title', (claim) => {
  test('holds in its quick form', async () => {
    const { checks, measured } = await claim.run('quick')
    expect(measured.length).toBeGreaterThan(0)
    expect(checks.length).toBeGreaterThan(0)
    expect(checks.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual([])
  })
})

test('no two claims have one id', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length)
})

test('studies import Evenstep as its users do, and what the examples define', () => {
  const root = fileURLToPath(new URL('../studies', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const wrong = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import) '([^']+)'/g)]
      .map(([, to]) => to!)
      .filter((to) => !(to === 'evenstep' || to.startsWith('node:')))
      .filter((to) => !to.startsWith('.') || /^\.\.\/(?!examples\/)/.test(join(dirname(file), to)))
      .map((to) => `${file} imports ${to}`),
  )
  expect(files.length).toBeGreaterThan(claims.length)
  expect(wrong).toEqual([])
})

test('the pages show what was measured', () => {
  const full = results('full')
  for (const [path, shown] of [
    [page, tables(claims, full)],
    [readme, headlines(claims, full)],
    [article, articlePage(full)],
  ] as const) {
    const text = readFileSync(path, 'utf8')
    expect(written(text, shown)).toBe(text)
  }
})

/** A number as a file of results gives it back: JSON has `null` for what is not finite. */
const asWritten = (value: number): number => JSON.parse(JSON.stringify(value))

const result = (...checks: readonly boolean[]) => ({
  measured: [
    { name: 'a|b', value: [0.12345, asWritten(Number.NaN)], unit: 's', expected: '0.1' },
    { name: 'c', value: 2e-16 },
  ],
  checks: checks.map((ok) => ({ what: '1 < 2', ok })),
  seconds: 3,
  date: '2026-01-31',
  versions: { evenstep: '1.0.0', cpu: 'a CPU' },
})

test('a claim is reproduced when all of its checks hold', () => {
  expect(verdict(result(true, true))).toBe('reproduced')
  expect(verdict(result(true, false))).toBe('**not reproduced** (1 of 2 checks)')
  const open = { what: '1 < 2', ok: false, says: 'not shown with 12 seeds' }
  const shown = { what: '1 < 2', ok: true, says: 'shown' }
  expect(verdict({ ...result(), checks: [shown, open] })).toBe('**not shown with 12 seeds** (1 of 2 checks)')
  expect(verdict({ ...result(false), checks: [open, { ...open, says: 'shown otherwise' }] })).toBe(
    '**not reproduced** (0 of 2 checks)',
  )
  expect(verdict(result())).toBe('reported')
  expect(verdict(undefined)).toBe('not run')
})

test('a result is a row, a table of numbers and its checks', () => {
  const claim = { id: 'S1', title: 'T', source: 'P', says: 'Q.', run: async () => result() }
  expect(tables([claim], { S1: result(false) })).toBe(`\
|     | Claim | Source | Verdict                            |
| --- | ----- | ------ | ---------------------------------- |
| S1  | T     | P      | **not reproduced** (0 of 1 checks) |

### S1 T

Q.

Source: P.

| Measured | Value               | Expected |
| -------- | ------------------- | -------- |
| a\\|b     | 0.123, not finite s | 0.1      |
| c        | 2.0e-16             |          |

- **does not hold**: 1 < 2

**Not reproduced** (0 of 1 checks) in 3 s on 2026-01-31 with evenstep 1.0.0, a CPU.`)
})

test('a check on seeds shows its verdict, and a resumed claim no time', () => {
  const claim = { id: 'B1', title: 'T', source: 'P', says: 'Q.', run: async () => result() }
  const { seconds, ...rest } = result()
  const checks = [
    { what: 'a', ok: true, says: 'shown' },
    { what: 'b', ok: false, says: 'not shown with 12 seeds' },
  ]
  expect(tables([claim], { B1: { ...rest, checks } })).toContain(`\
- shown: a
- **not shown with 12 seeds**: b

**Not shown with 12 seeds** (1 of 2 checks) on 2026-01-31 with evenstep 1.0.0, a CPU.`)
})

test('tables go between the markers, and nowhere else', () => {
  expect(written('a <!-- studies --> old <!-- /studies --> b', 'new')).toBe(
    'a <!-- studies -->\n\nnew\n\n<!-- /studies --> b',
  )
  expect(() => written('a', 'new')).toThrow(
    'table: wanted <!-- studies --> and <!-- /studies --> in the page, got none',
  )
})

test('a new result changes no other, and comes in its place', () => {
  const [first, second] = claims.map(({ id }) => id) as [string, string]
  const known = { [second]: result(true), gone: result(true) }
  const both = replaced(known, first, result(false))
  expect(Object.keys(both)).toEqual([first, second])
  expect(both[second]).toBe(known[second])
  expect(replaced(both, first, result(true))[first]).toEqual(result(true))
})

test('an unknown claim is refused with those that are known', async () => {
  const { argv } = process
  const said = vi.spyOn(console, 'error').mockReturnValue()
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`)
  })
  process.argv = [...argv.slice(0, 2), 'X9']
  try {
    // Here rather than in a process, which would translate all studies again.
    await expect(import('../studies/run.ts')).rejects.toThrow('exit 2')
    expect(said.mock.calls).toEqual([
      [`studies: wanted some of ${claims.map(({ id }) => id).join(', ')}, got X9`],
    ])
  } finally {
    process.argv = argv
    said.mockRestore()
    exit.mockRestore()
  }
})

test('the page about the article counts verdicts, counts arms that fail, and reports what is not claimed', () => {
  const effects = [
    { what: 'a', logRatios: [-0.2, -0.21, -0.19, -0.2], wanted: 'below 1' },
    { what: 'b', logRatios: [-0.2, 0.2, 0.1, -0.1], wanted: 'above 1' },
    { what: 'e', logRatios: Array<null>(12).fill(null), lost: [0, 12], wanted: 'below 1' },
    { what: 'c', logRatios: [0.01, 0.02, 0.03, 0.02], wanted: 'within 2' },
    { what: 'd', logRatios: [0.1, 0.2, 0.3] },
  ] as const
  const page = articlePage({ B21: { ...result(true), effects } })
  expect(page).toContain('B21: of 4 ratios, 3 shown, 1 not shown with 4 seeds')
  expect(page).toContain('shown (of 12 seeds, the first arm alone failed with 0, the second with 12)')
  expect(page).toContain('| a     | 0.819 [')
  expect(page).toMatch(/\| d .* reported/)
})
