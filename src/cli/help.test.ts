import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exitCodeHelp } from './help.ts'

test('the help and the docs name the same exit codes', () => {
  const page = readFileSync(new URL('../../docs/orchestrators.md', import.meta.url), 'utf8')
  const documented = Array.from(page.matchAll(/^\| (\d+) +\|/gm), ([, code]) => code)
  const helped = Array.from(exitCodeHelp.matchAll(/^ {2}(\d+) /gm), ([, code]) => code)
  expect(documented).toEqual(helped)
  expect(helped).toEqual(['0', '1', '2', '3', '4', '129', '130', '141', '143', '149'])
})
