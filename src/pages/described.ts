import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { jsonIn } from '../core/json.ts'
import { settingsIn } from './compared-settings.ts'
import { withPieces } from './file-pieces.ts'

/** The description of a run, as far as pages show it. */
export interface Described {
  readonly description: Readonly<Record<string, unknown>>
  /** Settings as texts, by path; each is cut to a length that can be shown. */
  readonly settings: ReadonlyMap<string, string>
}

/** Maximum size of run.json in bytes: a longer one is not read. */
const longest = 1 << 24

/** Maximum length of the text of a setting. */
const longestText = 300

/** Reads the description of the run in a folder; undefined if it is missing, damaged or too long. */
export function describedIn(folder: string): Described | undefined {
  try {
    const json = withPieces(join(folder, 'run.json'), ({ size, read }) =>
      size > longest ? undefined : jsonIn(read(0, size)),
    )
    if (typeof json !== 'object' || json === null) return undefined
    const description = json as Described['description']
    const texts = [...settingsIn(description)].map(
      ([name, value]) => [cut(name), cut(textOf(value))] as const,
    )
    return { description, settings: new Map(texts) }
  } catch {
    return undefined // a link, or lists in lists in lists: nothing that a run writes
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)}…` : text)

/** Returns a key that changes whenever a file is written; undefined if there is none. */
export const stampOf = (path: string): string | undefined => lastWriting(path)?.stamp

/** Returns a key that changes whenever a file is written, and when that was, in milliseconds since 1970. */
export function lastWriting(path: string): { readonly stamp: string; readonly time: number } | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats && { stamp: `${stats.size} ${stats.mtimeMs} ${stats.ino}`, time: stats.mtimeMs }
}
