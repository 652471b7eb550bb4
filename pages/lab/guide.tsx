import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { type ChartName, experiments } from './guided.ts'
import { edit, isBusy, setting, start } from './lab.ts'
import { toHash } from './link.ts'

/** Place of the chosen experiment, as long as the setting is the experiment's. */
const chosen = signal<number | undefined>(undefined)

/** The charts that the chosen experiment is about. */
export const featured = (): readonly ChartName[] => {
  const place = experiments.findIndex((one) => toHash(one.setting) === toHash(setting.value))
  return experiments[place]?.charts ?? []
}

/** Experiments to begin with, each with what it shows. */
export function Guide(): JSX.Element {
  const hash = toHash(setting.value)
  const place = experiments.findIndex((one) => toHash(one.setting) === hash)
  const shown = experiments[place >= 0 ? place : (chosen.value ?? -1)]
  const choose = (i: number): void => {
    chosen.value = i
    edit(experiments[i]!.setting)
    void start()
  }
  return (
    <section aria-labelledby="guide">
      <h2 id="guide">Eight experiments</h2>
      <ol class="guide">
        {experiments.map(({ title }, i) => (
          <li key={title}>
            <button type="button" aria-pressed={i === place} onClick={() => choose(i)}>
              <span class="soft">{i + 1}</span> {title}
            </button>
          </li>
        ))}
      </ol>
      {shown === undefined ? (
        <p class="look soft">Choose one to train it, or set up nets of your own below.</p>
      ) : (
        <p class="look" aria-live="polite">
          <strong>{shown.says}</strong> {shown.look}{' '}
          <span class="soft">
            {place < 0 && !isBusy.value ? 'You have changed the setting since. ' : ''}Measured as claim{' '}
            {shown.claim} of Evenstep’s science page.
          </span>
        </p>
      )}
    </section>
  )
}
