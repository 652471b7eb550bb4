import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { count, percent } from '../../src/core/text.ts'
import type { NamedCurve, RunView } from '../../src/pages/views.ts'
import { Chart } from '../shared/chart.tsx'
import type { Line } from '../shared/line.ts'
import { capital, isShare, nameText } from './format.ts'
import { Section } from './parts.tsx'
import type { Shown } from './run.tsx'

/** Key of the charts of a run, which share their cursor and the part of the run that they show. */
export const sync = 'run'

interface CourseProps {
  readonly view: RunView
  readonly shown: Shown
  readonly setShown: (shown: Shown) => void
}

/** The curves of a run: losses, scheduled hyperparameters, metrics and speed, over the same steps. */
export function Course({ view, shown, setShown }: CourseProps): JSX.Element {
  const [log, setLog] = useState(true)
  const { range } = shown
  const zoom = {
    sync,
    range: range ?? ([0, view.steps - 1] as const),
    onZoom: (to: Shown['range']) => setShown({ ...shown, range: to }),
  }
  const losses = useMemo(() => lossLines(view), [view])
  return (
    <Section title="Course">
      <Tools view={view} shown={shown} setShown={setShown} log={log} setLog={setLog} />
      <div class="charts">
        <div class="wide">
          <Chart title="Loss" lines={losses} log={log} height={280} {...zoom} />
        </div>
        {view.hyperparameters.map((curve) => (
          <OneCurve key={curve.name} curve={curve} color={2} zoom={zoom} />
        ))}
        {view.metrics.map((curve) => (
          <OneCurve key={curve.name} curve={curve} color={1} zoom={zoom} />
        ))}
        {view.stepsPerSecond.x.length > 0 && (
          <OneCurve curve={{ name: 'steps per second', ...view.stepsPerSecond }} color={6} zoom={zoom} />
        )}
        {view.gradientNorm && (
          <OneCurve curve={{ name: 'gradient norm', ...view.gradientNorm }} color={3} zoom={zoom} />
        )}
      </div>
    </Section>
  )
}

interface ToolsProps extends CourseProps {
  readonly log: boolean
  readonly setLog: (log: boolean) => void
}

/** How the losses are drawn. */
const Tools = ({ view, shown, setShown, log, setLog }: ToolsProps): JSX.Element => (
  <div class="tools">
    <button type="button" aria-pressed={log} onClick={() => setLog(!log)}>
      Logarithmic
    </button>
    <label>
      Smoothing
      <select
        value={shown.smoothing}
        onChange={({ currentTarget }) => setShown({ ...shown, smoothing: currentTarget.value })}
      >
        <option value="">{`automatic, ${count(view.loss.smoothing)} steps`}</option>
        <option value="1">none</option>
        {[10, 100, 1000, 10_000].map((steps) => (
          <option key={steps} value={steps}>{`${count(steps)} steps`}</option>
        ))}
      </select>
    </label>
    {shown.range && (
      <button type="button" onClick={() => setShown({ ...shown, range: undefined })}>
        Show all steps
      </button>
    )}
  </div>
)

function lossLines({ loss }: RunView): Line[] {
  const { smoothing, raw, smooth, validation } = loss
  return [
    { name: 'training', ...raw, color: 0, faint: smoothing > 1 },
    ...(smoothing > 1 ? [{ name: 'training, smoothed', ...smooth, color: 0 }] : []),
    ...(validation.x.length > 0 ? [{ name: 'validation', ...validation, color: 1 }] : []),
  ]
}

interface OneCurveProps {
  readonly curve: NamedCurve
  readonly color: number
  readonly zoom: object
}

function OneCurve({ curve, color, zoom }: OneCurveProps): JSX.Element {
  const lines = useMemo(() => [{ ...curve, color }], [curve, color])
  const format = isShare(curve.name) ? { format: (value: number) => percent(value, 2) } : {}
  return <Chart title={capital(nameText(curve.name))} lines={lines} height={150} {...format} {...zoom} />
}
