import type { JSX } from 'preact'
import { count, counted, dash, duration, percent } from '../../src/core/text.ts'
import type { StudyView, WorkerView } from '../../src/pages/views.ts'
import { nameText } from './format.ts'
import { HeatMap } from './heat-map.tsx'
import { useLive } from './live.ts'
import { Parallel } from './parallel.tsx'
import { Notice, Scroll, Section, State } from './parts.tsx'
import { addressOf, query } from './route.ts'

/** A study: what its trials show so far. */
export function StudyPage({ id }: { readonly id: string }): JSX.Element {
  const live = useLive<StudyView>(`api/study?${query({ id })}`)
  const { view } = live
  document.title = `${id} · Evenstep`
  return (
    <>
      <h1 tabIndex={-1}>{view?.name ?? id}</h1>
      <Notice live={live} what="the study" />
      {view && <Whole view={view} />}
    </>
  )
}

const Whole = ({ view }: { readonly view: StudyView }): JSX.Element => (
  <>
    <Progress view={view} />
    {view.answer.length > 0 && (
      <div class="answer">
        {view.answer.map((sentence, i) => (
          <p key={sentence} class={i === 0 ? 'lead' : ''}>
            {sentence}
          </p>
        ))}
      </div>
    )}
    {view.workers && view.workers.length > 0 && <Workers workers={view.workers} />}
    {view.grids.length > 0 && (
      <Section
        title="Scores"
        note={`Mean ${nameText(view.metric.name)} of each combination so far. Bright is good; a ring marks the best. A cell leads to its runs.`}
      >
        <div class="grids">
          {view.grids.map((grid) => (
            <HeatMap key={grid.title} grid={grid} />
          ))}
        </div>
      </Section>
    )}
    {view.trials.length > 1 && view.factors.length > 0 && (
      <Section title="Trials" note="A line for each trial, from its settings to its score.">
        <Parallel view={view} />
      </Section>
    )}
    {view.effects.length > 0 && <Effects effects={view.effects} />}
    {view.comparisons.length > 0 && <Comparisons comparisons={view.comparisons} />}
  </>
)

function Progress({ view }: { readonly view: StudyView }): JSX.Element {
  const { done, total, diverged, failed, state, left, running } = view
  return (
    <div class="facts">
      <State state={state} />
      <span>{`${count(done)} of ${counted(total, 'trial')}`}</span>
      {left !== undefined && left > 0 && <span>{`about ${duration(Math.ceil(left))} left`}</span>}
      {diverged > 0 && <span>{`${diverged} diverged`}</span>}
      {failed > 0 && <span>{`${failed} failed`}</span>}
      <progress max={Math.max(1, total)} value={done} aria-label="trials done" />
      {running.length > 0 && !view.workers && (
        <p class="soft">
          training now: <Trials ids={running} />
        </p>
      )}
    </div>
  )
}

/** Who trains the study's trials, on whichever machine. */
const Workers = ({ workers }: { readonly workers: readonly WorkerView[] }): JSX.Element => (
  <Section title="Workers">
    <Scroll label="workers">
      <table>
        <thead>
          <tr>
            <th scope="col">worker</th>
            <th scope="col" class="number">
              trials
            </th>
            <th scope="col" class="number">
              time of a trial
            </th>
            <th scope="col">trains now</th>
          </tr>
        </thead>
        <tbody>
          {workers.map(({ name, done, seconds, running }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{count(done)}</td>
              <td class="number">{seconds === undefined ? dash : timeText(seconds)}</td>
              <td>{running.length === 0 ? dash : <Trials ids={running} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </Section>
)

const timeText = (seconds: number): string =>
  seconds < 10 ? `${seconds.toFixed(1)} s` : duration(Math.round(seconds))

/** Links to trials, by their numbers. */
const Trials = ({ ids }: { readonly ids: readonly string[] }): JSX.Element => (
  <>
    {ids.map((id) => (
      <a key={id} class="target" href={addressOf({ page: 'run', id })}>
        {id.split('/').at(-1)}{' '}
      </a>
    ))}
  </>
)

/** Share of the variance of scores that each setting explains. */
const Effects = ({ effects }: { readonly effects: StudyView['effects'] }): JSX.Element => (
  <Section
    title="What matters"
    note="Share of the variance of scores that a setting explains by itself, and that several explain only together."
  >
    <table class="bars">
      <tbody>
        {effects.slice(0, 12).map(({ name, share, isJoint }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="share">
              <span class={isJoint ? 'joint' : ''} style={{ width: `${100 * share}%` }} />
            </td>
            <td class="number">{percent(share, 1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Section>
)

const Comparisons = ({ comparisons }: { readonly comparisons: StudyView['comparisons'] }): JSX.Element => (
  <Section title="Comparisons" note="Paired over seeds; p after Holm’s correction.">
    <Scroll label="comparisons">
      <table>
        <thead>
          <tr>
            <th scope="col">verdict</th>
            <th scope="col" class="number">
              p
            </th>
            <th scope="col" class="number">
              seeds
            </th>
          </tr>
        </thead>
        <tbody>
          {comparisons.map(({ verdict, p, seeds }) => (
            <tr key={verdict}>
              <td>{verdict}</td>
              <td class="number">{p}</td>
              <td class="number">{seeds}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </Section>
)
