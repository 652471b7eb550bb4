import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RunState, StudyState } from '../../src/pages/views.ts'
import type { Live } from './live.ts'

/** The state of a run or a study, as a word with a mark. */
export const State = ({ state }: { readonly state: RunState | StudyState }): JSX.Element => (
  <span class={`state ${state}`}>{state}</span>
)

/** Says that something is being loaded, is wrong, or is no longer followed. */
export function Notice({
  live,
  what,
}: {
  readonly live: Live<unknown>
  readonly what: string
}): JSX.Element | null {
  if (live.problem !== undefined) return <p role="alert">{live.problem}</p>
  if (live.fault !== undefined) {
    const after = live.view === undefined ? '' : ' What you see may be out of date.'
    return <p role="alert">{`${live.fault}. Trying again.${after}`}</p>
  }
  if (live.view === undefined) return <p class="soft">Reading {what} …</p>
  return live.isLost ? (
    <p role="alert">The connection to the server is lost. What you see may be out of date.</p>
  ) : null
}

/** A button that copies a command, with the command. */
export function Command({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const [said, setSaid] = useState('')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('copied')
    } catch {
      setSaid('select the text and copy it')
    }
    setTimeout(() => setSaid(''), 3000)
  }
  return (
    <div class="command">
      <Scroll label={`${label}: its text`}>
        <pre>{text}</pre>
      </Scroll>
      <button type="button" onClick={copy}>
        {label}
      </button>
      <output class="soft">{said}</output>
    </div>
  )
}

/** A part of a page, with a heading. */
export const Section = (props: {
  readonly title: string
  readonly note?: string | undefined
  readonly children: ComponentChildren
}): JSX.Element => (
  <section class="part">
    <h2>{props.title}</h2>
    {props.note && <p class="soft">{props.note}</p>}
    {props.children}
  </section>
)

/** Something that may be wider than the page: it scrolls by itself, also by keys. */
export const Scroll = (props: {
  readonly label: string
  readonly children: ComponentChildren
}): JSX.Element => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls by keys
  <section class="scroll" tabIndex={0} aria-label={props.label}>
    {props.children}
  </section>
)
