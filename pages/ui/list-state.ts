import type { ListView, RunRow } from '../../src/pages/views.ts'

/** Adds what changed to the list. */
export function mergeList(before: ListView | undefined, received: ListView): ListView {
  if (before === undefined || received.isWhole) return received
  const runs = new Map(before.runs.map((run) => [run.id, run]))
  for (const run of received.runs) runs.set(run.id, run)
  for (const id of received.gone) runs.delete(id)
  return { ...received, runs: [...runs.values()] }
}

/** By what the list is sorted: a column of its own, or the path of a setting. */
export interface Order {
  readonly by: string
  readonly isDescending: boolean
}

type Key = string | number | undefined

const keys: Readonly<Record<string, (run: RunRow) => Key>> = {
  run: ({ id }) => id,
  state: ({ state }) => state,
  steps: ({ steps }) => steps,
  loss: ({ losses }) => losses.at(-1) ?? undefined,
  best: ({ best }) => best?.value,
  changed: ({ changed }) => changed,
}

const texts = new Intl.Collator('en', { numeric: true })

/** Returns the runs whose name, state or settings contain all words of a text, in an order; those without a key last. */
export function sorted(runs: readonly RunRow[], text: string, { by, isDescending }: Order): RunRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const keyOf = keys[by] ?? (({ settings }: RunRow) => numeric(settings[by]))
  return runs
    .filter((run) => words.every((word) => searched(run).includes(word)))
    .map((run) => [keyOf(run), run] as const)
    .sort(([a], [b]) => {
      if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
      return (isDescending ? -1 : 1) * compared(a, b)
    })
    .map(([, run]) => run)
}

const searched = ({ id, state, settings }: RunRow): string =>
  `${id} ${state} ${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`.toLowerCase()

const numeric = (text: string | undefined): Key =>
  text === undefined || text === '' || Number.isNaN(Number(text)) ? text : Number(text)

const compared = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b))
