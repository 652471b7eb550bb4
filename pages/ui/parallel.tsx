import type { JSX } from 'preact'
import { figure } from '../../src/core/text.ts'
import type { StudyView, TrialView } from '../../src/pages/views.ts'
import { shade } from './color.ts'
import { nameText, scoreText } from './format.ts'
import { Scroll } from './parts.tsx'

const [height, top, bottom, gap, side] = [260, 34, 22, 150, 70]

/** An axis: returns the height of a trial on it, and has marks. */
interface Axis {
  readonly name: string
  of(trial: TrialView): number | undefined
  readonly marks: readonly (readonly [text: string, y: number])[]
}

/** Trials as lines across an axis for each setting and one for the score: parallel coordinates. */
export function Parallel({ view }: { readonly view: StudyView }): JSX.Element {
  const axes = axesOf(view)
  const width = 2 * side + gap * (axes.length - 1)
  const scored = view.trials.filter(({ score }) => score !== undefined)
  const ranked = scored.toSorted((a, b) =>
    view.metric.goal === 'min' ? b.score! - a.score! : a.score! - b.score!,
  )
  const x = (i: number): number => side + i * gap
  return (
    <Scroll label="trials as parallel coordinates">
      <svg class="parallel" width={width} height={height} role="img">
        <title>{`${scored.length} trials from their settings to ${nameText(view.metric.name)}`}</title>
        {ranked.map((trial, i) => (
          <polyline
            key={trial.id}
            style={{ stroke: shade(1 - i / Math.max(1, ranked.length - 1)).background }}
            points={axes
              .flatMap((axis, k) => (axis.of(trial) === undefined ? [] : [`${x(k)},${axis.of(trial)}`]))
              .join(' ')}
          />
        ))}
        {axes.map((axis, k) => (
          <g key={axis.name} transform={`translate(${x(k)} 0)`}>
            <line y1={top} y2={height - bottom} />
            <text y={top - 18} class="name">
              {axis.name}
            </text>
            {axis.marks.map(([text, y]) => (
              <text key={text} x={6} y={y + 4} class="mark">
                {text.length > 18 ? `${text.slice(0, 17)}…` : text}
              </text>
            ))}
          </g>
        ))}
      </svg>
    </Scroll>
  )
}

const place = (share: number): number => height - bottom - share * (height - top - bottom)

function axesOf({ factors, trials, metric }: StudyView): Axis[] {
  const scores = trials.flatMap(({ score }) => score ?? [])
  const last = numberAxis(
    nameText(metric.name),
    scores,
    ({ score }) => score,
    (value) => scoreText({ name: metric.name, value }),
  )
  const others = factors.map((name) => {
    const values = trials.flatMap(({ settings }) => settings[name] ?? [])
    const numbers = values.filter((value) => typeof value === 'number')
    const number = (trial: TrialView): number | undefined => trial.settings[name] as number | undefined
    return numbers.length === values.length && numbers.length > 0
      ? numberAxis(name, numbers, number, (value) => figure(value, 3))
      : textAxis(name, values.map(String))
  })
  return [...others, last]
}

/** An axis of numbers, logarithmic if they span more than a factor of 20. */
function numberAxis(
  name: string,
  values: readonly number[],
  of: (trial: TrialView) => number | undefined,
  textOf: (value: number) => string,
): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const scale = low > 0 && high > 20 * low ? Math.log : (value: number) => value
  const share = (value: number): number => (scale(value) - scale(low)) / (scale(high) - scale(low) || 1)
  return {
    name,
    of: (trial) => {
      const value = of(trial)
      return value === undefined ? undefined : place(share(value))
    },
    marks:
      values.length === 0 ? [] : [low, high].map((value) => [textOf(value), place(share(value))] as const),
  }
}

function textAxis(name: string, values: readonly string[]): Axis {
  const all = [...new Set(values)]
  const of = (text: string): number => place(all.length === 1 ? 0.5 : all.indexOf(text) / (all.length - 1))
  return {
    name,
    of: ({ settings }) => (settings[name] === undefined ? undefined : of(String(settings[name]))),
    marks: all.map((text) => [text, of(text)] as const),
  }
}
