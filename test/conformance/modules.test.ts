import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { checkModuleGradients, checkPromises } from '../support/module-check.ts'
import { modules } from './rows/modules.ts'

// Every module has a row: adding one is adding its row.

describe('a module keeps its shapes, its state names and, in eval, its state', () => {
  test.each(modules)('$name', checkPromises)
})

describe('the gradients of a module are central differences', () => {
  test.each(modules.filter(({ draws }) => !draws))('$name, train', (row) =>
    checkModuleGradients(row, 'train'),
  )
  // Only what learns or draws in train computes something else in eval.
  test.each(modules.filter(({ learns, draws }) => learns || draws))('$name, eval', (row) =>
    checkModuleGradients(row, 'eval'),
  )
})

test('every module has a row', () => {
  const covered = new Set(modules.map(({ name }) => name.split(',')[0]))
  const isModule = (value: unknown): boolean =>
    typeof value === 'function' && typeof value.prototype?.forward === 'function'
  const names = Object.entries(nn).flatMap(([name, value]) => (isModule(value) ? [name] : []))
  expect(names.filter((name) => !covered.has(name))).toEqual([])
})
