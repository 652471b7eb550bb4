import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Found, findIn } from './found.ts'
import { WatchedRun } from './run-row.ts'
import { studyState, trialFolders } from './study-files.ts'
import type { ListView, RunRow, StudyRow } from './views.ts'

/** Milliseconds between two searches for new folders. */
const search = 2000

/** Milliseconds that are spent on reading logs for what their ends do not say before others get their turn. */
const share = 20

/** Milliseconds that are spent on the courses of losses before the list is seen without those that are left. */
const patience = 50

/** Maximum number of settings that differ in the list; of runs that differ in more, the list shows these. */
const mostSettings = 40

/** The runs and studies in a folder, as they are now. */
export class RunList {
  readonly #folder: string
  readonly #runs = new Map<string, Entry>()
  #studies: readonly StudyRow[] = []
  #found: Found[] = []
  #searched = Number.NEGATIVE_INFINITY
  #differing: readonly string[] = []
  /** Runs of which the course of the loss was not read. */
  readonly #unsampled = new Set<Entry>()
  /** Runs whose logs have parts that were not searched for epochs. */
  readonly #unread = new Set<Entry>()
  #isReading = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Looks at the folder again. */
  refresh(): void {
    const now = performance.now()
    if (now - this.#searched > search) {
      this.#searched = now
      this.#search()
    }
    let isNew = false
    for (const entry of this.#runs.values()) {
      const before = entry.run.described
      if (entry.run.refresh()) {
        entry.row = undefined
        this.#unsampled.add(entry)
        this.#unread.add(entry)
      }
      if (entry.run.described !== before) isNew = true
    }
    if (isNew) this.#compare()
    this.#sample(performance.now() + patience)
    this.#read()
  }

  get folder(): string {
    return this.#folder
  }

  get differing(): readonly string[] {
    return this.#differing
  }

  /** The rows by id: a row is another object if and only if something in it changed. */
  get rows(): ReadonlyMap<string, RunRow> {
    for (const entry of this.#runs.values()) entry.row ??= entry.run.row(this.#differing)
    return new Map([...this.#runs].map(([id, { row }]) => [id, row!]))
  }

  get studies(): readonly StudyRow[] {
    return this.#studies
  }

  #search(): void {
    this.#found = findIn(this.#folder)
    const runs = this.#found.filter(({ kind }) => kind === 'run')
    const ids = new Set(runs.map(({ id }) => id))
    for (const id of this.#runs.keys()) if (!ids.has(id)) this.#runs.delete(id)
    for (const run of runs)
      if (!this.#runs.has(run.id)) this.#runs.set(run.id, { run: new WatchedRun(run), row: undefined })
    this.#studies = this.#found.filter(({ kind }) => kind === 'study').map(studyRow)
  }

  /** Finds the settings that differ. */
  #compare(): void {
    const values = new Map<string, string>()
    const differing = new Set<string>()
    const all = [...this.#runs.values()].flatMap(({ run }) => run.described?.settings ?? [])
    for (const settings of all)
      for (const [name, text] of settings) {
        const first = values.get(name)
        if (first === undefined) values.set(name, text)
        else if (first !== text) differing.add(name)
      }
    for (const name of values.keys()) if (!all.every((settings) => settings.has(name))) differing.add(name)
    const next = [...differing].slice(0, mostSettings)
    if (next.join('\n') === this.#differing.join('\n')) return
    this.#differing = next
    for (const entry of this.#runs.values()) entry.row = undefined
  }

  /** Reads the courses of losses until a time. */
  #sample(end: number): void {
    for (const entry of this.#unsampled) {
      if (performance.now() > end) return
      entry.run.sample()
      entry.row = undefined
      this.#unsampled.delete(entry)
    }
  }

  /** Reads logs for the courses of their losses, then for their best epochs, a little at a time, until all are read. */
  #read(): void {
    if (this.#isReading || this.#unread.size === 0) return
    this.#isReading = true
    setTimeout(() => {
      const end = performance.now() + share
      this.#sample(end)
      for (const entry of this.#unread) {
        const before = entry.run.best?.value
        let isMore = true
        while (isMore && performance.now() < end) isMore = entry.run.scan()
        if (entry.run.best?.value !== before) entry.row = undefined
        if (isMore) break
        this.#unread.delete(entry)
      }
      this.#isReading = false
      this.#read()
    }, share / 4).unref()
  }
}

interface Entry {
  readonly run: WatchedRun
  row: RunRow | undefined
}

function studyRow({ id, path }: Found): StudyRow {
  const changed = ['study.db', 'study.db-wal'].map(
    (name) => lstatSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  )
  return {
    id,
    trials: trialFolders(path),
    state: studyState(path),
    changed: Math.max(...changed),
  }
}

/** Returns what changed in a list since an earlier call, which filled `sent`; undefined if nothing did. */
export function changesOf(list: RunList, sent: Sent): ListView | undefined {
  const { rows, studies, differing, folder } = list
  const isWhole = sent.differing !== differing
  const runs = [...rows].flatMap(([id, row]) => (isWhole || sent.rows.get(id) !== row ? [row] : []))
  const gone = [...sent.rows.keys()].filter((id) => !rows.has(id))
  const isSame = JSON.stringify(studies) === sent.studies
  if (!isWhole && runs.length + gone.length === 0 && isSame) return undefined
  Object.assign(sent, { rows, differing, studies: JSON.stringify(studies) } satisfies Sent)
  return { place: folder, kind: 'folder', isWhole, runs, studies, gone, differing }
}

/** What a page has of the list. */
export interface Sent {
  rows: ReadonlyMap<string, RunRow>
  differing: readonly string[] | undefined
  studies: string
}

export const nothingSent = (): Sent => ({ rows: new Map(), differing: undefined, studies: '' })
