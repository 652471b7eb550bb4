import type {
  Band,
  Cell,
  Comparison,
  DriftOf,
  Effect,
  Estimate,
  Findings,
  LayerCurves,
  MeanCurve,
  RateWindow,
} from '../../src/study/analysis/findings.ts'
import type { Value } from '../../src/study/trial.ts'

/**
 * Findings that look like those of a study, from formulas: nothing was trained, and nothing follows from them.
 *
 * @param options what to leave out, and other factors than normalization × schedule × lr
 */
export function findingsFixture(options: { readonly normalizations?: readonly string[] } = {}): Findings {
  const normalizations = options.normalizations ?? ['none', 'batch', 'layer']
  const groups = normalizations.length > 0 ? normalizations : [undefined]
  const cells = groups.flatMap((normalization) =>
    schedules.flatMap((schedule) => rates.map((lr) => cellOf({ normalization, schedule, lr }))),
  )
  const pairs = groups.flatMap((normalization) => schedules.map((schedule) => ({ normalization, schedule })))
  const split = normalizations.length > 0
  return {
    name: 'Which rate and schedule, with and without batch normalization?',
    metric: { name: 'validationAccuracy', goal: 'max' },
    answer: [
      'With batch normalization the best accuracy was 97.9 % (97.7 to 98.1), at rate 0.3 with cosine; without it 96.4 % (96.0 to 96.8), at 0.03 with warmup + cosine.',
      'With it, rates from 0.03 to 1 were usable (1.5 decades); without it, from 0.01 to 0.03 (0.5 decades).',
      'Schedules differed by 0.6 points with it and by 1.9 points without it.',
    ],
    factors: {
      ...(split && { normalization: normalizations }),
      schedule: schedules,
      lr: rates,
    },
    cells,
    effects: effectsOf(cells, split),
    interactions: [
      ...(split ? [{ factors: ['normalization', 'lr'], share: 0.217 }] : []),
      { factors: ['schedule', 'lr'], share: 0.062 },
      ...(split ? [{ factors: ['normalization', 'schedule', 'lr'], share: 0.013 }] : []),
    ],
    windows: [
      ...(split ? groups.map((normalization) => windowOf(cells, { normalization })) : []),
      ...pairs.map((pair) => windowOf(cells, pair)),
    ],
    comparisons: split ? comparisonsOf(cells, normalizations) : [],
    curves: pairs.map((pair) => curveOf(bestOf(cells, pair))),
    layers: normalizations.includes('batch')
      ? schedules.slice(0, 3).map((schedule) => layersOf(bestOf(cells, { normalization: 'batch', schedule })))
      : [],
    drifts: normalizations.includes('batch')
      ? schedules.map((schedule, i) => driftOf(bestOf(cells, { normalization: 'batch', schedule }), i))
      : [],
    cost: {
      trials: cells.length * seeds.length,
      done: cells.flatMap(({ scores }) => Object.keys(scores)).length,
      diverged: sum(cells.map(({ diverged }) => diverged)),
      failed: sum(cells.map(({ failed }) => failed)),
      steps: 672_840,
      training: 412.6,
      total: 1563.2,
    },
    repeat: {
      command: 'npx evenstep study examples/digits-study.ts --out studies/digits',
      study: {
        experiment: 'examples/digits.ts',
        steps: 1876,
        factors: { normalization: normalizations, lr: rates },
      },
      seeds,
      versions: { evenstep: '0.1.0', node: '20.20.2', 'onnxruntime-node': '1.30.0' },
    },
  }
}

/** Findings of a race judged by a loss: batch sizes vary as well, rates were drawn at random, some runs were stopped early. */
export function raceFixture(): Findings {
  const whole = findingsFixture({ normalizations: ['none', 'batch'] })
  const drawn = (value: Value | undefined): number => Number((1.17 * Number(value)).toPrecision(7))
  const cells = whole.cells
    .filter(({ settings }) => settings.schedule !== 'step')
    .map((cell, i) => ({
      ...cell,
      settings: { ...cell.settings, lr: drawn(cell.settings.lr), batchSize: i % 2 === 0 ? 32 : 256 },
      steps: i % 3 === 0 ? 469 : cell.steps,
      rung: i % 3 === 0 ? 0 : 1,
      ...(cell.score && { score: around(3.1 * (1 - cell.score.value), 0.004) }),
    }))
  return {
    ...whole,
    name: 'A race',
    metric: { name: 'validationLoss', goal: 'min' },
    answer: ['The race was won by batch.'],
    windows: whole.windows.map((window, i) => ({
      ...window,
      metric: 'validationLoss',
      within: 0.0062 + 0.0005 * i,
    })),
    factors: { ...whole.factors, batchSize: [32, 256], lr: [] },
    cells,
  }
}

/** Findings of a study that tried one thing once. */
export function singleCellFixture(): Findings {
  const whole = findingsFixture()
  return {
    ...whole,
    name: 'One cell',
    repeat: { ...whole.repeat, seeds: [0] },
    answer: ['One combination was tried: accuracy 97.9 %.'],
    factors: {},
    cells: [
      {
        settings: {},
        steps: 100,
        rung: 0,
        scores: { 0: 0.9787 },
        score: around(0.9787, 0),
        diverged: 0,
        failed: 0,
      },
    ],
    effects: [],
    interactions: [],
    windows: [],
    comparisons: [],
    curves: [],
    layers: [],
    drifts: [],
    cost: { trials: 1, done: 1, diverged: 0, failed: 0, steps: 100, training: 1, total: 2 },
  }
}

const schedules = ['constant', 'cosine', 'warmup + cosine', 'oneCycle', 'step', 't/(t + 1)']
const rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
const seeds = [0, 1, 2]

interface Setting {
  readonly normalization?: string | undefined
  readonly schedule: string
  readonly lr: number
}

/** By normalisation: the best accuracy, the best rate's logarithm, how fast it falls off, and the rate that diverges. */
const shapes: Readonly<Record<string, readonly [top: number, peak: number, fall: number, breaks: number]>> = {
  none: [0.964, -1.5, 0.075, 0.3],
  batch: [0.979, -0.6, 0.012, 10],
  layer: [0.973, -0.9, 0.03, 0.9],
}

function cellOf({ normalization, schedule, lr }: Setting): Cell {
  const [top, peak, fall, breaks] = shapes[normalization ?? 'batch']!
  const turn = schedules.indexOf(schedule)
  const warm = schedule === 'warmup + cosine' || schedule === 'oneCycle' ? 1.6 : 1
  const away = Math.log10(lr) - peak - (warm - 1) * 0.3
  const centre = Math.max(top - fall * away ** 2 * (1 + 0.15 * turn) - 0.0011 * turn, 0.11)
  const lost = lr > breaks * warm ? 3 : lr > 0.6 * breaks * warm ? 1 : 0
  const failed = normalization === 'layer' && schedule === 'step' && lr === 0.001 ? 1 : 0
  const kept = seeds.slice(0, seeds.length - lost - failed)
  const scores = Object.fromEntries(kept.map((seed) => [seed, centre + 0.0012 * noise(lr, turn, seed)]))
  return {
    settings: settingsOf({ normalization, schedule, lr }),
    steps: 1876,
    rung: 0,
    scores,
    ...(kept.length > 0 && { score: around(mean(Object.values(scores)), 0.0015) }),
    diverged: lost,
    failed,
  }
}

function settingsOf({ normalization, ...rest }: Setting): Cell['settings'] {
  return { ...(normalization !== undefined && { normalization }), ...rest }
}

function bestOf(cells: readonly Cell[], group: Partial<Setting>): Cell {
  return cells
    .filter(({ settings, score }) => score && matches(settings, group))
    .reduce((a, b) => (b.score!.value > a.score!.value ? b : a))
}

function matches(settings: Cell['settings'], group: Partial<Setting>): boolean {
  return Object.entries(group).every(([name, value]) => value === undefined || settings[name] === value)
}

function windowOf(cells: readonly Cell[], group: Partial<Setting>): RateWindow {
  const best = bestOf(cells, group)
  const near = cells.filter(
    ({ settings, score }) => score && matches(settings, group) && score.value > best.score!.value - 0.02,
  )
  const usable = near.map(({ settings }) => settings.lr as number)
  const [low, high] = [Math.min(...usable), Math.max(...usable)]
  const { normalization, schedule } = group
  return {
    group: {
      ...(normalization !== undefined && { normalization }),
      ...(schedule !== undefined && { schedule }),
    },
    metric: 'validationAccuracy',
    within: 0.02,
    best: { lr: best.settings.lr as number, score: best.score! },
    low,
    high,
    decades: Math.log10(high / low),
    open: { low: low === rates[0], high: high === rates.at(-1) },
  }
}

function effectsOf(cells: readonly Cell[], split: boolean): Effect[] {
  const shares = { ...(split && { normalization: 0.318 }), lr: 0.264, schedule: 0.041 }
  return Object.entries(shares).map(([factor, share]) => ({
    factor,
    share,
    best: [...new Set(cells.map(({ settings }) => settings[factor]!))].flatMap((value) => {
      const { settings, score } = bestOf(cells, { [factor]: value })
      return score ? [{ value, settings, score }] : []
    }),
  }))
}

function comparisonsOf(cells: readonly Cell[], normalizations: readonly string[]): Comparison[] {
  return normalizations
    .filter((normalization) => normalization !== 'none')
    .flatMap((normalization) =>
      schedules.map((schedule) => {
        const a = bestOf(cells, { normalization, schedule })
        const b = bestOf(cells, { normalization: 'none', schedule })
        const difference = a.score!.value - b.score!.value
        const p = 0.0004 / difference
        const shown = p * 2 < 0.05
        return {
          a: a.settings,
          b: b.settings,
          factor: 'normalization',
          difference: around(difference, 0.004),
          seeds: seeds.length,
          p,
          adjusted: Math.min(p * 2, 1),
          verdict: shown
            ? `a is better than b by ${(100 * difference).toFixed(1)} points`
            : 'no difference was shown',
        }
      }),
    )
}

function curveOf({ settings }: Cell): MeanCurve {
  const turn = schedules.indexOf(settings.schedule as string)
  const speed = { none: 0.55, batch: 1, layer: 0.8 }[String(settings.normalization)] ?? 1
  const steps = Array.from({ length: 60 }, (_, i) => 1 + Math.round((i * 1875) / 59))
  const values = steps.map(
    (step, i) =>
      0.05 / speed + 2.3 * (1 + (speed * step) / 40) ** -(0.85 + 0.03 * turn) + 0.004 * noise(step, turn, i),
  )
  const band = (mean: readonly number[]): Omit<Band, 'steps'> => ({
    mean,
    low: mean.map((value, i) => value * (0.93 - 0.02 * noise(i, turn, 1) ** 2)),
    high: mean.map((value, i) => value * (1.07 + 0.02 * noise(i, turn, 2) ** 2)),
  })
  const measured = [19, 39, 59]
  return {
    settings,
    steps,
    ...band(values),
    validation: {
      steps: measured.map((i) => steps[i]!),
      ...band(measured.map((i) => 1.2 * values[i]!)),
    },
  }
}

function layersOf({ settings }: Cell): LayerCurves {
  const steps = Array.from({ length: 50 }, (_, i) => 1 + Math.round((i * 1875) / 49))
  const turn = schedules.indexOf(settings.schedule as string)
  const rate = (step: number): number => (turn === 0 ? 0.3 : 0.15 * (1 + Math.cos((Math.PI * step) / 1876)))
  const curve = (depth: number): LayerCurves['layers'][string] => ({
    steps,
    effectiveRate: steps.map((step) => rate(step) / (24 * (1 + depth) + 0.02 * step)),
    angle: steps.map(
      (step, i) =>
        Math.sqrt(2 * rate(step) * 5e-4) *
        (1 + (1.5 - 0.4 * depth) * Math.exp(-step / 300)) *
        (1 + 0.03 * noise(i, depth, turn)),
    ),
    equilibrium: steps.map((step) => Math.sqrt(2 * rate(step) * 5e-4)),
  })
  return { settings, layers: { 'features.bn1': curve(0), 'features.bn2': curve(1), bn: curve(2) } }
}

function driftOf({ settings }: Cell, i: number): DriftOf {
  const kl = [0.41, 0.0021, 0.0024, 0.0012, 0.036, 0.19][i]!
  return { settings, kl, validationLoss: 0.071 + 0.03 * kl, recalibratedLoss: 0.071 }
}

function around(value: number, half: number): Estimate {
  return { value, interval: [value - half, value + half] }
}

/** Between −1 and 1, the same each time. */
function noise(a: number, b: number, c: number): number {
  return Math.sin(12.9898 * (a + 1) + 78.233 * (b + 1) + 37.719 * (c + 1))
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
