import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { count, duration } from '../../src/core/text.ts'
import type { RunView } from '../../src/pages/views.ts'
import { Confusion } from './confusion.tsx'
import { Course } from './course.tsx'
import { nameText, scoreText } from './format.ts'
import { Layers } from './layers.tsx'
import { type Live, useLive } from './live.ts'
import { Command, Notice, Section, State } from './parts.tsx'
import { query } from './route.ts'

/** How the curves of a run are shown. */
export interface Shown {
  /** Number of steps over which the loss is smoothed, as text; empty for the usual one. */
  readonly smoothing: string
  readonly range: readonly [number, number] | undefined
}

/** A run: its curves while it trains, and everything else that its folder has. */
export function RunPage({ id }: { readonly id: string }): JSX.Element {
  const [shown, setShown] = useState<Shown>({ smoothing: '', range: undefined })
  const { smoothing, range } = shown
  const part = range ? { from: range[0], to: range[1] } : {}
  const live = useLive<RunView>(`api/run?${query({ id, smoothing, ...part })}`, id)
  const { view } = live
  document.title = `${id} · Evenstep`
  return (
    <>
      <h1 tabIndex={-1}>{view?.name ?? id}</h1>
      <Notice live={live} what="the run" />
      {view && <Whole view={view} shown={shown} setShown={setShown} live={live} />}
    </>
  )
}

interface WholeProps {
  readonly view: RunView
  readonly shown: Shown
  readonly setShown: (shown: Shown) => void
  readonly live: Live<RunView>
}

const Whole = ({ view, shown, setShown }: WholeProps): JSX.Element => (
  <>
    <Facts view={view} />
    {view.warnings.map((warning) => (
      <p key={warning} class="warning">
        {warning}
      </p>
    ))}
    {view.steps > 0 && <Course view={view} shown={shown} setShown={setShown} />}
    {view.layers.length > 0 && <Layers view={view} shown={shown} setShown={setShown} />}
    {view.confusion && <Confusion confusion={view.confusion} />}
    {(view.doctor || view.examine) && <Doctor view={view} />}
    {view.result && (
      <Section title="Result" note="What the study has of this trial.">
        <Pairs pairs={view.result} />
      </Section>
    )}
    {view.test && (
      <Section title="Test" note="Measured once on the test data, which nothing chose on.">
        <Pairs pairs={view.test} />
      </Section>
    )}
    <Section title="Settings">
      {view.command && <Command text={view.command} label="Copy the command" />}
      <Pairs pairs={view.settings} />
      {view.omitted > 0 && <p class="soft">{`${count(view.omitted)} more are in run.json.`}</p>}
    </Section>
  </>
)

/** What is known at a glance, with the button that stops the run. */
function Facts({ view }: { readonly view: RunView }): JSX.Element {
  const { state, steps, total, epochs, best, because, stepsPerSecond } = view
  const speed = stepsPerSecond.y.at(-1)
  const left = state === 'running' && total !== undefined && speed ? (total - steps) / speed : undefined
  return (
    <div class="facts">
      <State state={state} />
      <span>{`${count(steps)}${total === undefined ? '' : ` of ${count(total)}`} steps`}</span>
      <span>{`${count(epochs)} epochs`}</span>
      {left !== undefined && left > 0 && <span>{`about ${duration(Math.ceil(left))} left`}</span>}
      {best && <span>{`best ${nameText(best.name)} ${scoreText(best)}`}</span>}
      {view.canStop && <Stop id={view.id} />}
      {because && <p class="soft">{because}</p>}
      {state === 'running' && total !== undefined && (
        <progress max={total} value={steps} aria-label="steps done" />
      )}
    </div>
  )
}

/** Asks the process that trains the run to save it and end. */
function Stop({ id }: { readonly id: string }): JSX.Element {
  const [said, setSaid] = useState('')
  const stop = async (): Promise<void> => {
    setSaid('stopping: the run saves first')
    const response = await fetch(`api/stop?${query({ id })}`, { method: 'POST' })
    if (!response.ok) setSaid((await response.json()).message)
  }
  return (
    <>
      <button type="button" class="danger" onClick={stop} title="The run saves and ends, as with Ctrl-C">
        Stop
      </button>
      <output>{said}</output>
    </>
  )
}

/** What the doctor found, or the command by which it looks. */
const Doctor = ({ view: { doctor, examine } }: { readonly view: RunView }): JSX.Element => (
  <Section title="What the doctor found">
    {doctor === undefined ? (
      <>
        <p class="soft">
          It examines a run that is trained with <code>--doctor</code>. This one it examines in a terminal, by
          this command:
        </p>
        {examine && <Command text={examine} label="Copy the doctor’s command" />}
      </>
    ) : (
      <ul class="findings">
        {doctor.map(({ id, title, severity, value, advice }) => (
          <li key={id}>
            <strong>
              <span class={`severity ${severity}`}>{severity}</span> {title}
            </strong>
            <span class="soft">{value}</span>
            <span>{advice}</span>
          </li>
        ))}
      </ul>
    )}
  </Section>
)

const Pairs = ({ pairs }: { readonly pairs: RunView['settings'] }): JSX.Element => (
  <dl class="pairs">
    {pairs.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
