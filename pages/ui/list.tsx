import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { count, counted, duration } from '../../src/core/text.ts'
import type { ListView, RunRow, StudyRow } from '../../src/pages/views.ts'
import { ago, nameText, scoreText } from './format.ts'
import { mergeList, type Order, sorted } from './list-state.ts'
import { useLive } from './live.ts'
import { Notice, Scroll, Section, State } from './parts.tsx'
import { addressOf } from './route.ts'
import { Sparkline } from './sparkline.tsx'

/** Number of settings that the list shows unless the reader chooses others. */
const usual = 5

/** The runs and studies of the folder. */
export function ListPage(): JSX.Element {
  const live = useLive<ListView>('api/list', 'list', mergeList)
  const { runs = [], studies = [], place = '', kind = 'folder' } = live.view ?? {}
  document.title = `${place.split(/[\\/]/).at(-1) || 'Runs'} · Evenstep`
  return (
    <>
      <h1 tabIndex={-1}>{kind === 'folder' ? 'Runs' : 'Studies'}</h1>
      <p class="soft path">{place}</p>
      <Notice live={live} what="what is there" />
      {live.view && runs.length + studies.length === 0 && <Nothing kind={kind} />}
      {studies.length > 0 && <Studies studies={studies} />}
      {live.view && runs.length > 0 && <Runs list={live.view} />}
    </>
  )
}

const Nothing = ({ kind }: Pick<ListView, 'kind'>): JSX.Element =>
  kind === 'folder' ? (
    <p>
      There is no run here yet. Train one with <code>npx evenstep train FILE</code>, and it appears.
    </p>
  ) : (
    <p>
      There is no study here yet. Plan one with <code>npx evenstep study FILE --database URL</code>, and it
      appears.
    </p>
  )

const Studies = ({ studies }: { readonly studies: readonly StudyRow[] }): JSX.Element => (
  <Section title="Studies">
    <ul class="studies">
      {studies.map((study) => (
        <li key={study.id}>
          <a href={addressOf({ page: 'study', id: study.id })}>{study.id}</a>
          <State state={study.state} />
          {study.done !== undefined && (
            <progress
              max={Math.max(1, study.trials)}
              value={study.done}
              aria-label={`${study.id}: trials done`}
            />
          )}
          <span class="soft">{progressOf(study)}</span>
        </li>
      ))}
    </ul>
  </Section>
)

/** Returns how far a study is, as far as that is known: `3 of 24 trials · about 2 min left`. */
function progressOf({ trials, done, left, changed }: StudyRow): string {
  const all = counted(trials, 'trial')
  return [
    done === undefined ? all : `${count(done)} of ${all}`,
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
    ...(changed === 0 ? [] : [ago(changed)]),
  ].join(' · ')
}

function Runs({ list }: { readonly list: ListView }): JSX.Element {
  const [text, setText] = useState('')
  const [order, setOrder] = useState<Order>({ by: 'changed', isDescending: true })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [shown, setShown] = useState<readonly string[]>()
  const settings = shown ?? list.differing.slice(0, usual)
  const runs = useMemo(() => sorted(list.runs, text, order), [list.runs, text, order])
  const choose = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  return (
    <section class="part" aria-label="runs">
      <div class="tools">
        <Search text={text} setText={setText} />
        <span class="soft">{`${count(runs.length)} of ${counted(list.runs.length, 'run')}`}</span>
        <Columns all={list.differing} shown={settings} setShown={setShown} />
        <CompareLink ids={[...chosen]} all={runs} />
      </div>
      <Scroll label="table of runs">
        <table class="runs">
          <Head settings={settings} order={order} setOrder={setOrder} />
          <tbody>
            {runs.map((run) => (
              <Row key={run.id} run={run} settings={settings} isChosen={chosen.has(run.id)} choose={choose} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  )
}

interface SearchProps {
  readonly text: string
  readonly setText: (text: string) => void
}

const Search = ({ text, setText }: SearchProps): JSX.Element => (
  <label>
    <span class="hidden">Search</span>
    <input
      type="search"
      placeholder="Search names and settings"
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  </label>
)

/** A link to the comparison of the chosen runs, or of all that are shown. */
function CompareLink({ ids, all }: { readonly ids: readonly string[]; readonly all: readonly RunRow[] }) {
  const few = ids.length === 0 && all.length <= 20 ? all.map(({ id }) => id) : ids
  if (few.length < 2) return <span class="soft">choose two or more to compare</span>
  const what = ids.length === 0 ? `Compare all ${few.length}` : `Compare ${few.length}`
  return (
    <a class="button" href={addressOf({ page: 'compare', ids: few })}>
      {what}
    </a>
  )
}

interface ColumnsProps {
  readonly all: readonly string[]
  readonly shown: readonly string[]
  readonly setShown: (shown: readonly string[]) => void
}

const Columns = ({ all, shown, setShown }: ColumnsProps): JSX.Element | null =>
  all.length === 0 ? null : (
    <details class="columns">
      <summary>Settings</summary>
      <fieldset>
        <legend class="hidden">settings that differ</legend>
        {all.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={shown.includes(name)}
              onChange={({ currentTarget: { checked } }) =>
                setShown(all.filter((one) => (one === name ? checked : shown.includes(one))))
              }
            />
            {name}
          </label>
        ))}
      </fieldset>
    </details>
  )

interface HeadProps {
  readonly settings: readonly string[]
  readonly order: Order
  readonly setOrder: (order: Order) => void
}

function Head({ settings, order, setOrder }: HeadProps): JSX.Element {
  const head = (by: string, title = by, isNumber = false): JSX.Element => (
    <th
      key={by}
      scope="col"
      class={isNumber ? 'number' : ''}
      aria-sort={order.by === by ? (order.isDescending ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        onClick={() => setOrder({ by, isDescending: order.by === by ? !order.isDescending : isNumber })}
      >
        {title}
      </button>
    </th>
  )
  return (
    <thead>
      <tr>
        <th scope="col">
          <span class="hidden">compare</span>
        </th>
        {head('run')}
        {head('state')}
        {head('steps', 'steps', true)}
        {head('loss', 'training loss')}
        {head('best', 'best', true)}
        {head('changed', 'last step', true)}
        {settings.map((name) => head(name))}
      </tr>
    </thead>
  )
}

interface RowProps {
  readonly run: RunRow
  readonly settings: readonly string[]
  readonly isChosen: boolean
  readonly choose: (id: string) => void
}

const Row = ({ run, settings, isChosen, choose }: RowProps): JSX.Element => (
  <tr>
    <td>
      <input
        type="checkbox"
        aria-label={`compare ${run.id}`}
        checked={isChosen}
        onChange={() => choose(run.id)}
      />
    </td>
    <th scope="row">
      <a href={addressOf({ page: 'run', id: run.id })}>{run.id}</a>
    </th>
    <td>
      <State state={run.state} />
    </td>
    <td class="number">{count(run.steps)}</td>
    <td>
      <Sparkline values={run.losses} />
    </td>
    <td class="number">
      {run.best && (
        <span title={run.best.name}>
          {scoreText(run.best)} <span class="soft short">{nameText(run.best.name)}</span>
        </span>
      )}
    </td>
    <td class="number soft">{ago(run.changed)}</td>
    {settings.map((name) => (
      <td key={name} class="setting">
        {run.settings[name] ?? ''}
      </td>
    ))}
  </tr>
)
