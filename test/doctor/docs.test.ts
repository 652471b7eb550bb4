import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { diagnostics, lintRules } from '../../src/doctor/index.ts'

/** The guide's lines, without what lines columns up. */
const guide = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.replace(/ {2,}/g, ' '))
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

test('the guide has a row for each diagnostic, as the code has it', () => {
  const rows = guide.filter((line) => /^\| D\d/.test(line))
  expect(rows).toEqual(
    diagnostics.map(({ id, title, quantity, threshold, remedy, source }) =>
      row(id, title, quantity, threshold, remedy, source),
    ),
  )
})

test('the guide has a row for each rule of the lint', () => {
  const rows = guide.filter((line) => /^\| `[a-z-]+` \|/.test(line))
  expect(rows).toEqual(lintRules.map(({ name, title, source }) => row(`\`${name}\``, title, source)))
})

test('each diagnostic names its source', () => {
  expect(diagnostics.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `D${i + 1}`))
  for (const { id, source } of diagnostics) expect(source, id).toMatch(/https:\/\/|ours/)
})
