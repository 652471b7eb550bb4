import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { CurveView, LayerView, RunView } from '../../src/pages/views.ts'
import { Chart } from '../shared/chart.tsx'
import type { Line } from '../shared/line.ts'
import { sync } from './course.tsx'
import { Section } from './parts.tsx'
import type { Shown } from './run.tsx'

/** Number of layers that are drawn at once: as many as there are colours. */
const most = 7

interface LayersProps {
  readonly view: RunView
  readonly shown: Shown
  readonly setShown: (shown: Shown) => void
}

/** What the normalization layers do to the schedule. */
export function Layers({ view, shown, setShown }: LayersProps): JSX.Element {
  const [chosen, setChosen] = useState('')
  const { layers } = view
  const zoom = {
    sync,
    range: shown.range ?? ([0, view.steps - 1] as const),
    onZoom: (range: Shown['range']) => setShown({ ...shown, range }),
  }
  const some = useMemo(() => chosenOf(layers, chosen), [layers, chosen])
  const equilibrium = useMemo(() => equilibriumOf(some), [some])
  return (
    <Section title="What batch normalization does to the schedule" note={meaning}>
      {layers.length > most && <Choice layers={layers} chosen={chosen} setChosen={setChosen} />}
      <div class="charts">
        {quantities.map(({ title, log, of, isAngle }) => {
          const more = isAngle ? equilibrium : none
          return (
            <Quantity key={title} title={title} layers={some} of={of} log={log} zoom={zoom} more={more} />
          )
        })}
      </div>
    </Section>
  )
}

const meaning =
  'BN makes the scale of the weight before it irrelevant: a step turns that weight as far as one at the effective rate ' +
  'η/‖w‖² turns a weight of norm 1. With weight decay, the angle of a step settles at its equilibrium.'

/** What is drawn of the layers. */
const quantities: readonly {
  readonly title: string
  readonly of: (layer: LayerView) => CurveView | undefined
  readonly log: boolean
  readonly isAngle?: true
}[] = [
  { title: 'Effective rate η/‖w‖²', of: ({ effectiveRate }) => effectiveRate, log: true },
  { title: 'Angle of a step, radians', of: ({ angle }) => angle, log: true, isAngle: true },
  {
    title: 'Running mean minus the batch’s, in standard deviations',
    of: ({ meanDrift }) => meanDrift,
    log: false,
  },
  { title: 'Running variance over the batch’s', of: ({ varianceDrift }) => varianceDrift, log: false },
]

interface ChoiceProps {
  readonly layers: readonly LayerView[]
  readonly chosen: string
  readonly setChosen: (path: string) => void
}

/** Chooses one of many layers. */
const Choice = ({ layers, chosen, setChosen }: ChoiceProps): JSX.Element => (
  <div class="tools">
    <label>
      Layer
      <select value={chosen} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
        <option value="">{`${most} of ${layers.length}`}</option>
        {layers.map(({ path }) => (
          <option key={path}>{path}</option>
        ))}
      </select>
    </label>
  </div>
)

/** Returns the chosen layer or, of many, some from the first to the last. */
function chosenOf(layers: readonly LayerView[], chosen: string): readonly LayerView[] {
  const one = layers.filter(({ path }) => path === chosen)
  if (one.length > 0 || layers.length <= most) return one.length > 0 ? one : layers
  return Array.from({ length: most }, (_, i) => layers[Math.round((i * (layers.length - 1)) / (most - 1))]!)
}

const equilibriumOf = (layers: readonly LayerView[]): Line[] => {
  const curve = layers.find(({ equilibrium }) => equilibrium)?.equilibrium
  return curve ? [{ name: 'equilibrium', ...curve, color: 6, dash: [6, 4] }] : []
}

/** Names a layer by its path in the model; in a sequence of layers that is a number. */
const layerName = ({ path }: LayerView): string => (/^\d+$/.test(path) ? `layer ${path}` : path)

const none: readonly Line[] = []

interface QuantityProps {
  readonly title: string
  readonly layers: readonly LayerView[]
  readonly of: (layer: LayerView) => CurveView | undefined
  readonly zoom: object
  readonly log: boolean
  readonly more: readonly Line[]
}

function Quantity({ title, layers, of, zoom, log, more }: QuantityProps): JSX.Element | null {
  const lines = useMemo(
    () => [
      ...layers.flatMap((layer, color): Line[] => {
        const curve = of(layer)
        return curve ? [{ name: layerName(layer), ...curve, color }] : []
      }),
      ...more,
    ],
    [layers, more],
  )
  return lines.length === 0 ? null : <Chart title={title} lines={lines} log={log} height={170} {...zoom} />
}
