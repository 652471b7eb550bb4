import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { visible } from '../core/text.ts'
import { checkInside } from '../disk/inside.ts'

/** A run or a study below the folder that is served. */
export interface Found {
  /** Its path below that folder, as text: `.` for the folder itself. */
  readonly id: string
  readonly path: string
  readonly kind: 'run' | 'study'
}

/** Number of folders above a run, within the folder that is served. */
const deepest = 4

/** Maximum number of folders that are looked into. */
const mostFolders = 20_000

/**
 * Finds the runs and studies in a folder and the folders in it, without following links. The trials of a study, and what
 * else is inside a run or a study, are not among them.
 */
export function findIn(folder: string): Found[] {
  const found: Found[] = []
  const left: { path: string; id: string; depth: number }[] = [{ path: folder, id: '', depth: 0 }]
  for (let looked = 0; left.length > 0 && looked < mostFolders; looked++) {
    const { path, id, depth } = left.shift()!
    const entries = entriesOf(path)
    const kind = kindOf(entries)
    if (kind !== undefined) found.push({ id: visible(id || '.'), path, kind })
    else if (depth < deepest)
      for (const { name } of foldersIn(entries))
        left.push({ path: join(path, name), id: id ? `${id}/${name}` : name, depth: depth + 1 })
  }
  return found
}

/** Returns the trials of a study that have a folder with a run. */
export function trialsIn({ id, path }: Found): Found[] {
  const folder = join(path, 'trials')
  if (!isFolder(folder)) return []
  return foldersIn(entriesOf(folder))
    .map(
      ({ name }): Found => ({
        id: visible(`${id}/trials/${name}`),
        path: join(folder, name),
        kind: 'run',
      }),
    )
    .filter((trial) => kindOf(entriesOf(trial.path)) === 'run')
}

/** Finds a run or a study, also a trial of a study, by its id. Only what is there can be found. */
export function findById(folder: string, id: string): Found | undefined {
  const found = findIn(folder)
  const own = found.find((one) => one.id === id)
  if (own !== undefined) return own
  const study = found.find((one) => one.kind === 'study' && id.startsWith(`${one.id}/trials/`))
  return study && trialsIn(study).find((one) => one.id === id)
}

function isFolder(path: string): boolean {
  try {
    return checkInside(path, 'a folder')
  } catch {
    return false
  }
}

/** Returns the entries of a folder; none if it cannot be read. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

/** Folders in which no run is looked for, besides hidden ones: of packages and of runs. */
const passed = ['node_modules', 'checkpoints', 'trials']

const foldersIn = (entries: readonly Dirent[]): Dirent[] =>
  entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !passed.includes(entry.name),
  )

function kindOf(entries: readonly Dirent[]): Found['kind'] | undefined {
  const has = (name: string): boolean => entries.some((entry) => entry.isFile() && entry.name === name)
  return has('study.db') ? 'study' : has('run.json') ? 'run' : undefined
}
