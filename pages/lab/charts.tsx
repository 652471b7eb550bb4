import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { Chart } from '../shared/chart.tsx'
import type { Line } from '../shared/line.ts'
import { equilibriumOf } from './equilibrium.ts'
import { featured } from './guide.tsx'
import type { ChartName } from './guided.ts'
import { frame, mode, nameOf, runs, setting } from './lab.ts'
import { type NetRun, normPath } from './net-run.ts'
import type { Curve } from './series.ts'
import { smoothed } from './smooth.ts'

interface ChartPlan {
  readonly title: string
  /** What it shows, and why one looks at it. */
  readonly says: string
  readonly log?: boolean
  readonly lines: (run: NetRun, place: number) => readonly (Line | undefined)[]
}

/** The hidden layer that charts are about, from 0. */
const layer = signal(0)
/** Part of the steps that charts show; undefined for all. */
const zoom = signal<readonly [number, number] | undefined>(undefined)

const dashes = [5, 4]

/** Returns the line of a curve; undefined as long as it has no points. */
function line(
  curve: Curve | undefined,
  place: number,
  rest: Partial<Line> & { readonly of?: string } = {},
): Line | undefined {
  if (curve === undefined) return undefined
  const { of, ...others } = rest
  return { name: `${nameOf(place)}${of ? ` ${of}` : ''}`, x: curve.x, y: curve.y, color: place, ...others }
}

const ofLayer = ({ series, setting }: NetRun, quantity: string): Curve | undefined =>
  series.get(`${normPath(Math.min(layer.value, setting.net.depth - 1), setting.net.depth)}.${quantity}`)

const plans: Readonly<Record<ChartName, ChartPlan>> = {
  loss: {
    title: 'Training loss',
    says: 'Cross-entropy of each batch before its step, pale, and its course.',
    log: true,
    lines: ({ series }, place) => {
      const curve = series.get('loss')
      return [
        line(curve, place, { of: 'each batch', faint: true }),
        curve && line(curve, place, { y: smoothed(curve.y) }),
      ]
    },
  },
  accuracy: {
    title: 'Accuracy',
    says: 'Share of a thousand examples the nets have not learned from whose class is right.',
    lines: ({ series }, place) => [line(series.get(`accuracy ${mode.value}`), place)],
  },
  rate: {
    title: 'Learning rate',
    says: 'What the schedule says: the factor of each step.',
    log: true,
    lines: ({ series }, place) => [line(series.get('rate'), place)],
  },
  effectiveRate: {
    title: 'Effective rate, η/‖w‖²',
    says: 'Before a batch normalization, only the direction of the weights counts. This is the rate at which it turns.',
    log: true,
    lines: (run, place) => [line(ofLayer(run, 'effectiveRate'), place)],
  },
  norm: {
    title: 'Norm of the weights, ‖w‖',
    says: 'Length of the layer’s weights, taken as one vector. Steps make it longer, decay shorter.',
    lines: ({ series, setting }, place) => [
      line(series.get(`norm ${Math.min(layer.value, setting.net.depth - 1)}`), place),
    ],
  },
  angle: {
    title: 'Angle of a step, in radians',
    says: 'How far a step turns the weights. Dashed: where decay and rate hold each other, √(2ηλ/(1 + μ)).',
    log: true,
    lines: (run, place) => [
      line(ofLayer(run, 'angle'), place),
      equilibriumOf(run) &&
        line(run.series.get('rate'), place, { of: 'equilibrium', dash: dashes, y: equilibriumOf(run)! }),
    ],
  },
  gradient: {
    title: 'Norm of the gradient',
    says: 'Length of the loss’s gradient by all weights. It grows as weights before a normalization shrink.',
    log: true,
    lines: ({ series }, place) => [line(series.get('gradientNorm'), place)],
  },
  mean: {
    title: 'Means: batch and running',
    says: 'Mean of the layer’s values in each batch, pale, and the running mean that evaluation uses.',
    lines: (run, place) => [
      line(ofLayer(run, 'batchMean'), place, { of: 'batch', faint: true }),
      line(ofLayer(run, 'runningMean'), place, { of: 'running' }),
    ],
  },
  variance: {
    title: 'Variances: batch and running',
    says: 'Variance in each batch, pale, and the running variance. Where they part, evaluation differs from training.',
    lines: (run, place) => [
      line(ofLayer(run, 'batchVar'), place, { of: 'batch', faint: true }),
      line(ofLayer(run, 'runningVar'), place, { of: 'running' }),
    ],
  },
}

/** All charts, those first that the chosen experiment is about. */
export function Charts(): JSX.Element {
  frame.value
  const first = featured()
  const names = Object.keys(plans) as ChartName[]
  const ordered = [...first, ...names.filter((name) => !first.includes(name))]
  return (
    <section aria-labelledby="charts">
      <div class="head">
        <h2 id="charts">What happens</h2>
        <LayerChoice />
      </div>
      <div class="charts">
        {ordered.map((name) => (
          <OneChart key={name} plan={plans[name]} isFeatured={first.includes(name)} />
        ))}
      </div>
    </section>
  )
}

function OneChart({
  plan,
  isFeatured,
}: {
  readonly plan: ChartPlan
  readonly isFeatured: boolean
}): JSX.Element {
  const { title, says, log = false, lines } = plan
  const all = frame.value < 0 ? [] : runs.value.flatMap(lines).filter((one) => one !== undefined)
  return (
    <div class={isFeatured ? 'panel featured' : 'panel'}>
      <Chart
        title={title}
        lines={all}
        log={log}
        height={170}
        sync="lab"
        range={zoom.value ?? [0, all.length > 0 ? runs.value[0]!.setting.steps : setting.value.steps]}
        onZoom={(range) => {
          zoom.value = range
        }}
      />
      <p class="soft">{says}</p>
    </div>
  )
}

function LayerChoice(): JSX.Element | null {
  const deepest = Math.max(...setting.value.nets.map(({ depth }) => depth))
  if (deepest === 1) return null
  return (
    <label class="inline">
      Charts of hidden layer{' '}
      <select
        value={layer.value}
        onChange={({ currentTarget }) => {
          layer.value = Number(currentTarget.value)
        }}
      >
        {Array.from({ length: deepest }, (_, i) => (
          <option key={i} value={i}>
            {i + 1}
          </option>
        ))}
      </select>
    </label>
  )
}
