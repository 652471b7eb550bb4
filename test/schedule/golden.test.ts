import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as s from '../../src/schedule/index.ts'

/** What PyTorch gave: see scripts/golden-schedules.py. */
interface Golden {
  readonly torch: string
  readonly rows: readonly GoldenRow[]
  readonly plateau: readonly GoldenPlateau[]
}

interface GoldenRow {
  readonly name: string
  readonly lr: number
  readonly args: Args
  readonly values: readonly number[]
  readonly momenta?: readonly number[]
}

interface GoldenPlateau {
  readonly args: Args
  readonly metrics: readonly (number | null)[]
  readonly states: readonly (readonly [lr: number, bad: number, cooldown: number])[]
}

type Args = Readonly<Record<string, unknown>>
type Part = readonly [name: string, args: Args]

const file = new URL('../golden/schedules.json.gz', import.meta.url)
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Golden

/** PyTorch's argument names in our spelling. */
const options = (args: Args) => {
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [camel(name), value])) as never
}

/** Each scheduler as a schedule: its type, and where its arguments need more than other spelling. */
const ours: Readonly<Record<string, (lr: number, args: Args) => s.Schedule>> = {
  StepLR: (lr, args) => s.step(lr, options(args)),
  MultiStepLR: (lr, args) => s.multiStep(lr, options(args)),
  ConstantLR: (lr, args) => s.constantFactor(lr, options(args)),
  LinearLR: (lr, args) => s.linear(lr, options(args)),
  ExponentialLR: (lr, args) => s.exponential(lr, options(args)),
  PolynomialLR: (lr, args) => s.polynomial(lr, options(args)),
  // PyTorch's goes up again after T_max.
  CosineAnnealingLR: (lr, { T_max, eta_min }) =>
    s.cosineAnnealing(lr, options({ tMax: T_max, etaMin: eta_min ?? 0, after: 'extrapolate' })),
  CosineAnnealingWarmRestarts: (lr, { T_0, T_mult, eta_min = 0 }) =>
    s.cosineAnnealingWarmRestarts(lr, options({ t0: T_0, tMult: T_mult, etaMin: eta_min })),
  LambdaLR: (lr, { lr_lambda }) => s.lambda(lr, expression(lr_lambda)),
  MultiplicativeLR: (lr, { lr_lambda }) => s.multiplicative(lr, expression(lr_lambda)),
  CyclicLR: (_, { base_lr, base_momentum, max_momentum, mode, ...args }) =>
    s.cyclic(base_lr as number, options({ ...args, ...(mode ? { mode: camelMode(mode) } : {}) })),
  // PyTorch's goes on for one step after the last.
  OneCycleLR: (_, { max_lr, base_momentum, max_momentum, ...args }) =>
    s.oneCycle(max_lr as number, options({ ...args, after: 'extrapolate' })),
  SWALR: (lr, args) => s.swa(lr, options(args)),
  SequentialLR: (lr, { schedulers, milestones }) =>
    s.sequential(
      (schedulers as Part[]).map(([name, args]) => ours[name]!(lr, args)),
      { milestones: milestones as number[] },
    ),
  // All but one schedule are factors.
  ChainedScheduler: (lr, { schedulers }) =>
    s.chained((schedulers as Part[]).map(([name, args], i) => ours[name]!(i === 0 ? lr : 1, args))),
}

const camelMode = (mode: unknown) => (mode === 'exp_range' ? 'expRange' : mode)
const expression = (python: unknown) => String(python).replaceAll('**', '^')

/** Rows where PyTorch does something else on purpose, with the reason. */
const differences: readonly { readonly reason: string; readonly applies: (row: GoldenRow) => boolean }[] = [
  {
    reason: 'MultiplicativeLR in SequentialLR goes on from the value before; here each part begins anew',
    applies: ({ name, args }) =>
      name === 'SequentialLR' && (args.schedulers as Part[]).some(([part]) => part === 'MultiplicativeLR'),
  },
]

const rowName = ({ name, args }: GoldenRow) => `${name} ${JSON.stringify(args)}`
const names = [...new Set(golden.rows.map(({ name }) => name))]
const byName = new Map(names.map((name) => [name, golden.rows.filter((row) => row.name === name)]))

test('the numbers are of PyTorch 2.13, 12 sets of arguments or more for each scheduler', () => {
  expect(golden.torch).toBe('2.13.0')
  expect([...byName.keys()].sort()).toEqual(Object.keys(ours).sort())
  for (const [name, rows] of byName) expect(rows.length, name).toBeGreaterThanOrEqual(12)
  expect(golden.plateau.length).toBeGreaterThanOrEqual(12)
})

describe.each([...byName])('%s', (name, rows) => {
  const same = rows.filter((row) => !differences.some(({ applies }) => applies(row)))

  test.each(same.map((row) => [rowName(row), row] as const))('%s', (_, row) => {
    expect(deviation(ours[name]!(row.lr, row.args), row.values)).toBeLessThan(1e-12)
    if (row.momenta !== undefined) expect(deviation(momentum(row), row.momenta)).toBeLessThan(1e-12)
  })
})

test.each(differences)('differs, as documented: $reason', ({ applies }) => {
  const rows = golden.rows.filter(applies)
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows)
    expect(deviation(ours[row.name]!(row.lr, row.args), row.values)).toBeGreaterThan(1e-3)
})

test('the step after the end of a linear OneCycleLR is negative in PyTorch, and the last value here', () => {
  const row = byName
    .get('OneCycleLR')!
    .find(({ args }) => args.anneal_strategy === 'linear' && args.total_steps === 10)!
  expect(row.values[10]).toBeCloseTo(-0.14285257, 8)
  const held = s.oneCycle(1, { totalSteps: 10, annealStrategy: 'linear' })
  expect(held(10)).toBe(held(9))
  expect(held(9)).toBeCloseTo(4e-6, 15)
})

describe('ReduceLROnPlateau', () => {
  const negative = (row: GoldenPlateau) => row.metrics[0] === -1
  const same = golden.plateau.filter((row) => !negative(row))

  test.each(same.map((row) => [JSON.stringify(row.args), row] as const))('%s', (_, row) => {
    const states = replay(row)
    const wanted = row.states.map(([factor, bad, cooldown]) => ({ factor, bad, cooldown }))
    expect(states.map(({ factor, bad, cooldown }) => ({ factor, bad, cooldown }))).toEqual(wanted)
  })

  test('differs, as documented: a negative metric that stays the same is no improvement', () => {
    const row = golden.plateau.find(negative)!
    expect(row.states.at(-1)![0]).toBe(1)
    expect(replay(row).at(-1)!.factor).toBeLessThan(1e-6)
  })
})

/** The largest difference from PyTorch, as a share of the largest value. */
function deviation(schedule: s.Schedule, wanted: readonly number[]): number {
  const largest = Math.max(...wanted.map(Math.abs))
  const worst = Math.max(...wanted.map((value, step) => Math.abs(schedule(step) - value)))
  if (process.env.DEVIATIONS) console.log(schedule.spec.type, worst / largest)
  return worst / largest
}

function momentum({ name, args }: GoldenRow): s.Schedule {
  const { base_momentum, max_momentum } = args
  const schedule = ours[name]!(0, args)
  return s.momentumOf(schedule, options({ base_momentum, max_momentum }))
}

function replay({ args, metrics }: GoldenPlateau): s.PlateauState[] {
  const { min_lr, ...rest } = args
  const controller = s.reduceOnPlateau(options(min_lr === undefined ? rest : { ...rest, minFactor: min_lr }))
  const states: s.PlateauState[] = []
  for (const metric of metrics)
    states.push(controller.update(states.at(-1) ?? controller.initial, metric ?? NaN))
  return states
}
