import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as evenstep from 'evenstep'
import { expect, test } from 'vitest'
import { names, ours, page } from '../scripts/porting.ts'
import { repository } from './support/command.ts'

const all = [...names.nn, ...names.optim, ...names.lr_scheduler]
const written = readFileSync(join(repository, 'docs/porting.md'), 'utf8')
const rows = new Map(
  [...written.matchAll(/^\| `(\w+)` *\| (.*?) *\|$/gm)].map(([, name, here]) => [name!, here!]),
)

test('each name of PyTorch has a row, with what there is for it or that there is nothing yet', () => {
  expect(all.length).toBeGreaterThan(180)
  for (const name of all) expect(rows.get(name), name).toBe(ours(name) ?? '_not yet_')
  expect(rows.size).toBe(new Set(all).size)
  for (const line of page()
    .split('\n')
    .filter((line) => / of \d+ have/.test(line)))
    expect(written).toContain(line)
})

test('each name that docs/porting.md and docs/from-tfjs.md promise is there', () => {
  const pages = [written, readFileSync(join(repository, 'docs/from-tfjs.md'), 'utf8')]
  const promised = pages.flatMap((text) => [...text.matchAll(/\b(nn|ops|optim|schedule|data|train)\.(\w+)/g)])
  const missing = promised.filter(([before, space, name]) => {
    if (/^(?:train\.sgd|data\.csv|data\.webcam|optim\.lr_scheduler)$/.test(before)) return false // of tf and torch
    return !(name! in (evenstep as unknown as Record<string, object>)[space!]!)
  })
  expect(missing.map(([before]) => before)).toEqual([])
  expect(promised.length).toBeGreaterThan(100)
})

test('what is here under the same idea is not called missing', () => {
  const missing = all.filter((name) => ours(name) === undefined)
  const here = missing.filter((name) => name in evenstep.nn || name.toLowerCase() in evenstep.optim)
  expect(here).toEqual([])
})
