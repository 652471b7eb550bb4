import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Finished parts of an experiment, by key, and the file that keeps them; undefined if none does. */
let progress: { readonly file: string; readonly parts: Map<string, unknown> } | undefined

/**
 * Keeps the parts of this process's experiment in a file, one per line, so that it can be stopped and resumed. A last
 * line that was cut off does not count.
 *
 * @returns the number of parts that are finished
 */
export function resume(file: string): number {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  mkdirSync(dirname(file), { recursive: true })
  progress = { file, parts: new Map(lines.flatMap(parsed)) }
  appendFileSync(file, '\n')
  return progress.parts.size
}

function parsed(line: string): [string, unknown][] {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

/** Returns a part of the experiment: the kept one, else what `compute` returns, which is then kept. */
export async function part<T>(key: unknown, compute: () => Promise<T>): Promise<T> {
  const name = JSON.stringify(key)
  if (progress?.parts.has(name)) return revived(progress.parts.get(name)) as T
  const value = await compute()
  if (progress) appendFileSync(progress.file, `${JSON.stringify([name, value])}\n`)
  return value
}

/** JSON stores a number that is not finite as null. */
const revived = (value: unknown): unknown => {
  if (value === null) return Number.NaN
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value!).map(([name, one]) => [name, revived(one)]))
}
