import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome, Scale } from './claim.ts'
import { claims } from './claims.ts'

/** The outcome of one claim's experiment, with time and versions. */
export interface Result extends Outcome {
  /** Absent if the experiment was stopped and resumed. */
  readonly seconds?: number
  /** Date of the run, as 2026-01-31. */
  readonly date: string
  readonly versions: Readonly<Record<string, string>>
}

/** Results by claim id. */
export type Results = Readonly<Record<string, Result>>

/** The folder of results. */
export const folder: string = join(import.meta.dirname, 'results')

const file = (scale: Scale, within: string): string => join(within, `${scale}.json`)

/** File of a claim's finished parts, which is removed once its result is stored. */
export const progressOf = (scale: Scale, id: string, within: string = folder): string =>
  join(within, 'progress', `${id}-${scale}.jsonl`)

/** Reads the stored results; empty if there are none. */
export function results(scale: Scale, within: string = folder): Results {
  const path = file(scale, within)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
}

/** Stores one claim's result in place of its previous one. */
export function keep(scale: Scale, id: string, result: Result, within: string = folder): void {
  mkdirSync(within, { recursive: true })
  const all = replaced(results(scale, within), id, result)
  writeFileSync(file(scale, within), `${JSON.stringify(all, null, 2)}\n`)
}

/** Results with one of them replaced, in the order of the claims. Results of removed claims are dropped. */
export function replaced(known: Results, id: string, result: Result): Results {
  const all: Results = { ...known, [id]: result }
  return Object.fromEntries(claims.flatMap(({ id }) => (id in all ? [[id, all[id]!]] : [])))
}

/** Versions and CPU that computed a result. */
export function versions(cpu: string): Readonly<Record<string, string>> {
  const packageOf = (path: string): { readonly version: string } =>
    JSON.parse(readFileSync(join(import.meta.dirname, '..', path, 'package.json'), 'utf8'))
  return {
    evenstep: packageOf('.').version,
    'onnxruntime-node': packageOf('node_modules/onnxruntime-node').version,
    node: process.version.slice(1),
    cpu,
  }
}
