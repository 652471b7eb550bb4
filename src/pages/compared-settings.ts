import { sizeOf } from '../core/shape.ts'
import { count, counted, dash, listed } from '../core/text.ts'
import { format, kinds, parse } from '../schedule/index.ts'
import { groupedBy } from '../study/settings.ts'
import type { RunResults } from './run-results.ts'

type Described = Pick<RunResults, 'description'>

/** Runs with the same settings, apart from their seeds. */
export interface RunGroup<Run extends Described = RunResults> {
  /** Letters by which the group is called: A, B, …, Z, AA, … */
  readonly label: string
  readonly runs: readonly Run[]
  /** Settings by path, such as `optimizer.lr`, without the seed. */
  readonly settings: ReadonlyMap<string, unknown>
}

/** A setting in which groups differ, with its value in each group: as JSON, and as text. */
export interface Difference {
  readonly name: string
  readonly values: readonly unknown[]
  readonly texts: readonly string[]
}

/** Fields of `run.json` that are no settings, or from which nobody can see what differs. */
const ignored = ['name', 'seed', 'versions', 'origin', 'checkpoints', 'trial']

/** Fields of `run.json` that are hashes of code. They matter only where no setting says what differs. */
const hashes = ['own', 'transformed', 'scheduled', 'graph', 'evaluation']

/** Paths of hashes that depend on the seed. */
const ordered = ['sampler.order', 'sampler.nextOrder']

/**
 * Groups runs that have the same settings, in the order of the first run of each group. Runs that also have the same
 * seed, but other code, are in different groups; of runs with different seeds, nothing tells whether the code differs.
 */
export function runGroups<Run extends Described>(runs: readonly Run[]): RunGroup<Run>[] {
  const alike = groupedBy(runs, ({ description }) =>
    JSON.stringify([...settingsIn(description)].sort(([a], [b]) => (a < b ? -1 : 1))),
  )
  const groups = [...alike.values()].flatMap((group) => {
    const seeds = new Set(group.map(({ description }) => description.seed))
    if (seeds.size > 1) return [group]
    return [...groupedBy(group, (run) => JSON.stringify(hashesOf(run))).values()]
  })
  return groups.map((group, i) => ({
    label: labelOf(i),
    runs: group,
    settings: settingsIn(group[0]!.description),
  }))
}

const hashesOf = ({ description }: Described): string[] =>
  hashes.map((name) => JSON.stringify(description[name] ?? null))

const labelOf = (i: number): string =>
  `${i < 26 ? '' : labelOf(Math.floor(i / 26) - 1)}${String.fromCharCode(65 + (i % 26))}`

/** Returns the settings in which groups differ; then the seeds, if they differ too. */
export function differingSettings(groups: readonly RunGroup<Described>[]): Difference[] {
  const names = [...new Set(groups.flatMap(({ settings }) => [...settings.keys()]))]
  const settings = names
    .map((name) =>
      differenceIn(
        name,
        groups.map(({ settings }) => settings.get(name)),
      ),
    )
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
  return [
    ...settings,
    ...(settings.length === 0 && groups.length > 1 ? [codeOf(groups)] : []),
    ...seedsOf(groups),
  ]
}

const differenceIn = (name: string, values: readonly unknown[]): Difference => ({
  name,
  values: values.map((value) => value ?? null),
  texts: values.map((value) =>
    value === undefined ? dash : typeof value === 'string' ? value : JSON.stringify(value),
  ),
})

/** Says that groups of equal settings differ in code. */
function codeOf(groups: readonly RunGroup<Described>[]): Difference {
  const all = groups.map(({ runs }) => hashesOf(runs[0]!))
  const texts = all.map((own) => {
    const changed = hashes.filter((_, i) => own[i] !== all[0]![i])
    return changed.length === 0 ? `that of ${groups[0]!.label}` : `another ${listed(changed)}`
  })
  return { name: 'code', values: texts, texts }
}

function seedsOf(groups: readonly RunGroup<Described>[]): Difference[] {
  const seeds = groups.map(({ runs }) => [...new Set(runs.map(({ description }) => description.seed))])
  const texts = seeds.map((group) => group.join(', '))
  return new Set(seeds.flat()).size > 1 ? [{ name: 'seed', values: seeds, texts }] : []
}

/** Returns the settings in a run's description by path; the shapes of the model's weights are summed up as their count. */
export function settingsIn(description: RunResults['description']): Map<string, unknown> {
  const settings = new Map<string, unknown>()
  const enter = (value: unknown, path: string): void => {
    const text = scheduleIn(value)
    if (text !== undefined) settings.set(path, text)
    else if (typeof value !== 'object' || value === null || Array.isArray(value)) settings.set(path, value)
    else for (const [key, inner] of Object.entries(value)) enter(inner, path === '' ? key : `${path}.${key}`)
  }
  const { model, ...rest } = description
  const kept = Object.entries(rest).filter(([name]) => !ignored.includes(name) && !hashes.includes(name))
  enter(Object.fromEntries(kept), '')
  const shapes = Object.values(Object(model)).filter(Array.isArray)
  const numbers = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)
  for (const path of ordered) settings.delete(path)
  return settings.set('model', `${count(numbers)} numbers in ${counted(shapes.length, 'tensor')}`)
}

/** Types of schedules. Other objects have types, too, and to have them refused would take most of the time. */
const scheduleTypes: ReadonlySet<unknown> = new Set(kinds.map(({ type }) => type))

/** Returns the text of a schedule that is given as JSON; undefined for any other value. */
function scheduleIn(value: unknown): string | undefined {
  if (!scheduleTypes.has(Object(value).type)) return undefined
  try {
    return format(parse(value))
  } catch {
    return undefined // an object of another kind, such as an average of weights
  }
}
