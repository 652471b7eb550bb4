import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { assignAll, readSafetensors, type Stored, writeSafetensors } from '../../src/train/index.ts'
import { modules } from '../conformance/rows/modules.ts'

/** State of PyTorch's modules, by `scripts/golden-zoo.py`: the name of a row, a slash and the name of the tensor. */
const given = readSafetensors(readFileSync(new URL('zoo.safetensors', import.meta.url)), 'zoo.safetensors')
const stateOf = (row: string): ReadonlyMap<string, Stored> =>
  new Map(
    [...given].flatMap(([name, tensor]) =>
      name.startsWith(`${row}/`) ? [[name.slice(row.length + 1), tensor]] : [],
    ),
  )

/** Rows with variables that have no module of PyTorch, or the same state as another row. */
const own =
  /^(BatchNorm1d, (3 axes|weight alone|bias alone|frozen|ghosts|masked|renorm.*)|DyT|Derf.*|Residual.*|SkipInit|Standardized.*)$/

test('the state of each module of PyTorch is read and written with the same names, types and numbers', () => {
  const rows = modules.filter(({ name, state }) => state.length > 0 && !own.test(name))
  const back = new Map<string, Stored>()
  for (const { name, make } of rows) {
    const module = make()
    assignAll(nn.variables(module), stateOf(name), name)
    const written = readSafetensors(writeSafetensors(nn.variables(module)), name)
    for (const [variable, tensor] of written) back.set(`${name}/${variable}`, tensor)
  }
  expect([...back.keys()].sort()).toEqual([...given.keys()].sort())
  for (const [name, tensor] of given) expect(back.get(name), name).toEqual(tensor)
  if (process.env.EVENSTEP_ZOO) writeFileSync(process.env.EVENSTEP_ZOO, writeSafetensors(back))
})
