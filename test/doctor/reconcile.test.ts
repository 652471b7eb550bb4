import { describe, expect, test } from 'vitest'
import { advised } from '../../src/doctor/advised.ts'
import {
  type Diagnosis,
  type ExperimentChange,
  examine,
  type Finding,
  isFinding,
  type RateMove,
} from '../../src/doctor/index.ts'
import { moveOf, reconciled } from '../../src/doctor/reconcile.ts'
import { sgd } from '../../src/optim/index.ts'
import { diagnosed, network, trained } from './runs.ts'

type Found = Diagnosis & Finding

const found = (id: string, change?: ExperimentChange, opposes: readonly RateMove[] = []): Found => ({
  id,
  title: '',
  threshold: '',
  source: '',
  severity: 'warning',
  value: 1,
  ...advised(`${id} measured something`, change),
  opposes,
})
const said = (...all: readonly Found[]): readonly string[] =>
  reconciled(all).map(({ severity, advice }) => `${severity}: ${advice}`)

const raise = { type: 'rate', factor: 2 } as const
const lower = { type: 'rate', factor: 0.5 } as const
const fall = { type: 'fall', steps: 10 } as const

describe('advice of one run', () => {
  test('is withdrawn where what another diagnostic measured speaks against it', () => {
    expect(said(found('D12', lower), found('D13', undefined, ['lower']))).toEqual([
      'note: D12 measured something; no change is advised, since D13 speaks against one',
      'warning: D13 measured something',
    ])
    expect(said(found('D3', fall), found('D12', raise, ['lower', 'fall']))).toEqual([
      'note: D3 measured something; no change is advised, since D12 speaks against one',
      'warning: D12 measured something: multiply the learning rate by 2',
    ])
  })

  test('stands where what the diagnostic itself measured speaks against the contrary', () => {
    expect(said(found('D12', lower, ['raise']), found('D13', undefined, ['raise']))[0]).toBe(
      'warning: D12 measured something: divide the learning rate by 2',
    )
  })

  test('names one factor of the rate, that of the range test', () => {
    expect(said(found('D12', lower), found('D16', lower))[1]).toBe(
      'note: D16 measured something; see D12 for the rate',
    )
  })

  test('may be a factor of the rate and a fall at its end', () => {
    expect(said(found('D12', lower), found('D13', fall))[1]).toBe(
      'warning: D13 measured something: let the learning rate fall to 0 over the last 10 steps',
    )
  })

  test('keeps no change that was withdrawn', () => {
    expect(reconciled([found('D12', lower), found('D16', lower)])[1]).not.toHaveProperty('change')
  })

  test.each([1e-4, 3])('moves the rate in one direction, at %s', async (lr) => {
    const { experiment, task, log } = await trained({ optimizer: sgd({ lr }) })
    const moves = new Set<string>()
    for await (const one of examine(experiment, task, { log, only: ['D3', 'D5', 'D16'] })) {
      const move = isFinding(one) && moveOf(one.change)
      if (move) moves.add(move === 'fall' ? 'lower' : move)
    }
    expect(moves.size).toBeLessThan(2)
  })
})

test.each([
  ['one layer', network({ depth: 1 })],
  ['two layers', network()],
])('the size of its steps changes no rate of a net with BN that learns well, %s', async (_, model) => {
  for (const lr of [0.1, 0.3, 1]) {
    const one = await diagnosed(await trained({ model, optimizer: sgd({ lr }), epochs: 2 }), 'D5')
    expect(one).toMatchObject({ severity: expect.stringMatching(/^(ok|note)$/), advice: expect.any(String) })
    expect(one, `${lr}`).not.toHaveProperty('change')
  }
})
