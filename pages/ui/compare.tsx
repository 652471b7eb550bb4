import type { ComponentChildren, JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { counted, dash } from '../../src/core/text.ts'
import type { CompareGroup, CompareView } from '../../src/pages/views.ts'
import { Chart } from '../shared/chart.tsx'
import type { Line } from '../shared/line.ts'
import { capital, nameText, scoreText } from './format.ts'
import { useLive } from './live.ts'
import { Notice, Scroll, Section } from './parts.tsx'
import { addressOf, query } from './route.ts'

/** Several runs in one chart, with the settings that differ. Seeds of one setting are a band. */
export function ComparePage({ ids }: { readonly ids: readonly string[] }): JSX.Element {
  const [quantity, setQuantity] = useState('loss')
  const [log, setLog] = useState(true)
  const live = useLive<CompareView>(`api/compare?${query({ id: ids, quantity })}`, ids.join('\n'))
  const { view } = live
  document.title = `${counted(ids.length, 'run')} · Evenstep`
  return (
    <>
      <h1 tabIndex={-1}>{`${counted(ids.length, 'run')} compared`}</h1>
      <Notice live={live} what="the runs" />
      {view && (
        <>
          <div class="tools">
            <label>
              Quantity
              <select value={quantity} onChange={({ currentTarget }) => setQuantity(currentTarget.value)}>
                {view.quantities.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <button type="button" aria-pressed={log} onClick={() => setLog(!log)}>
              Logarithmic
            </button>
          </div>
          <Curves view={view} quantity={quantity} log={log} />
          <Groups view={view} />
        </>
      )}
    </>
  )
}

interface CurvesProps {
  readonly view: CompareView
  readonly quantity: string
  readonly log: boolean
}

function Curves({ view, quantity, log }: CurvesProps): JSX.Element {
  const lines = useMemo(() => view.groups.map(lineOf), [view])
  const rates = useMemo(
    () => view.groups.map(({ label }, i): Line => ({ name: label, ...view.rates[i]! })),
    [view],
  )
  const last = Math.max(...view.groups.flatMap(({ curve }) => curve.x.at(-1) ?? 0))
  const range = useMemo(() => [0, last] as const, [last])
  const title = quantity === 'loss' ? 'Training loss' : capital(nameText(quantity))
  return (
    <div class="charts">
      <div class="wide">
        <Chart title={title} lines={lines} log={log} height={340} sync="compare" range={range} />
      </div>
      <div class="wide">
        <Chart title="Learning rate" lines={rates} height={150} sync="compare" range={range} />
      </div>
    </div>
  )
}

const lineOf = ({ label, ids, curve, band }: CompareGroup): Line => ({
  name: ids.length > 1 ? `${label}, ${ids.length} seeds` : label,
  ...curve,
  ...(band && { band }),
})

/** A column for each group: its runs, its best result, and the settings in which it differs. */
function Groups({ view: { groups, differing } }: { readonly view: CompareView }): JSX.Element {
  const isPooled = groups.some(({ band }) => band)
  const runs = groups.map(({ ids }) => ids.map((id) => <RunLink key={id} id={id} />))
  const best = groups.map((group) => (group.best ? scoreText(group.best) : dash))
  return (
    <Section title="Settings that differ" note={isPooled ? pooling : undefined}>
      <Scroll label="settings that differ">
        <table>
          <thead>
            <tr>
              <th scope="col">setting</th>
              {groups.map(({ label }, i) => (
                <th scope="col" key={label}>
                  <span class="swatch" style={{ background: `var(--series-${i % 7})` }} />
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Row name="runs" cells={runs} />
            <Row name={`best ${nameText(groups[0]?.best?.name ?? '')}`} cells={best} />
            {differing.map(({ name, texts }) => (
              <Row key={name} name={name} cells={texts} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  )
}

const pooling =
  'Runs that differ in their seed alone are one group: the line is their mean, the band reaches from the least to the greatest.'

const Row = ({
  name,
  cells,
}: {
  readonly name: string
  readonly cells: readonly ComponentChildren[]
}): JSX.Element => (
  <tr>
    <th scope="row">{name}</th>
    {cells.map((cell, i) => (
      <td key={i}>{cell}</td>
    ))}
  </tr>
)

const RunLink = ({ id }: { readonly id: string }): JSX.Element => (
  <div>
    <a class="target" href={addressOf({ page: 'run', id })}>
      {id}
    </a>
  </div>
)
