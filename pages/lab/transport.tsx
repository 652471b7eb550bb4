import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { dataFiles } from './data-files.ts'
import { dataSets } from './data-sets.ts'
import { frame, mode, nameOf, pause, resume, runs, setting, start, state, stop } from './lab.ts'
import type { NetRun } from './net-run.ts'
import { programOf } from './program.ts'

/** Starts and stops the training, says how far it is, and hands out the setting. */
export function Transport(): JSX.Element {
  return (
    <section class="transport" aria-label="Training">
      <Buttons />
      <Progress />
      <fieldset class="modes">
        <legend>Ask the nets</legend>
        <Mode
          value="eval"
          label="in evaluation mode"
          says="Batch normalization uses its running statistics."
        />
        <Mode
          value="train"
          label="in training mode"
          says="It uses the statistics of the thousand examples asked about."
        />
      </fieldset>
      <Keep />
    </section>
  )
}

const begins: Readonly<Record<typeof state.value, readonly [text: string, act: () => void]>> = {
  idle: ['Train', () => void start()],
  training: ['Pause', pause],
  paused: ['Continue', resume],
}

function Buttons(): JSX.Element {
  const [text, act] = begins[state.value]
  return (
    <div class="buttons">
      <button type="button" class="primary" onClick={act}>
        {text}
      </button>
      <button type="button" disabled={state.value === 'idle'} onClick={() => void stop()}>
        Stop
      </button>
    </div>
  )
}

function Mode(props: {
  readonly value: 'eval' | 'train'
  readonly label: string
  readonly says: string
}): JSX.Element {
  return (
    <label title={props.says}>
      <input
        type="radio"
        name="mode"
        checked={mode.value === props.value}
        onChange={() => {
          mode.value = props.value
        }}
      />
      {props.label}
    </label>
  )
}

/** How far the nets are, and what they reached. */
function Progress(): JSX.Element {
  frame.value
  const all = runs.value
  const { steps } = setting.value
  if (all.length === 0) return <p class="progress soft">Nothing has been trained yet.</p>
  const done = Math.min(...all.map((run) => run.steps))
  return (
    <div class="progress">
      <progress value={done} max={all[0]!.setting.steps ?? steps} aria-label="Steps taken" />
      <ul>
        {all.map((run, place) => (
          <li key={place}>
            <span class="badge" style={{ '--net': `var(--series-${place})` }}>
              {nameOf(place)}
            </span>{' '}
            {textOf(run)}
          </li>
        ))}
      </ul>
    </div>
  )
}

function textOf({ state, message, steps, seconds, report, validation }: NetRun): string {
  if (state === 'failed') return message
  const taken = `${steps.toLocaleString('en')} steps, ${Math.round(steps / Math.max(seconds, 1e-3)).toLocaleString('en')} a second`
  const share = state === 'done' ? validation?.accuracy : report?.[mode.value].accuracy
  return share === undefined ? taken : `${taken}, ${(100 * share).toFixed(1)} % right`
}

/** A link to the setting, and an experiment file of each net. */
function Keep(): JSX.Element {
  const [said, setSaid] = useState('')
  const { nets, data } = setting.value
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href).then(
      () => setSaid('The link is copied.'),
      () => setSaid('The address of this page is the link.'),
    )
  }
  const { file } = dataSets[data]!
  return (
    <div class="keep">
      <button type="button" onClick={() => void copy()}>
        Copy link
      </button>
      {nets.map((net, place) => (
        <button
          key={place}
          type="button"
          onClick={() => download(programOf(setting.value, net, fileOf(place)), `${fileOf(place)}.ts`)}
        >
          Experiment file {nameOf(place)}
        </button>
      ))}
      {file !== undefined && (
        <a href={dataFiles[file]!.href} download={file}>
          {file}
        </a>
      )}
      <Losses />
      <span role="status" class="soft">
        {said}
      </span>
    </div>
  )
}

/** The losses of all steps as a table, a column for each net. */
function Losses(): JSX.Element | null {
  frame.value
  const all = runs.value
  if (state.value !== 'idle' || all.every(({ losses }) => losses.length === 0)) return null
  const rows = (): string[] =>
    Array.from({ length: Math.max(...all.map(({ losses }) => losses.length)) }, (_, step) =>
      [step, ...all.map(({ losses }) => losses[step] ?? '')].join(','),
    )
  const head = ['step', ...all.map((_, place) => nameOf(place))].join(',')
  return (
    <button type="button" onClick={() => download(`${[head, ...rows()].join('\n')}\n`, 'losses.csv')}>
      Losses
    </button>
  )
}

const fileOf = (place: number): string => `lab-${nameOf(place).toLowerCase()}`

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
