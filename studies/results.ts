import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome, Scale } from './claim.ts'
import { claims } from './claims.ts'

/** What came out of one claim's experiment, and where. */
export interface Result extends Outcome {
  readonly seconds: number
  /** The day, as 2026-01-31. */
  readonly date: string
  readonly versions: Readonly<Record<string, string>>
}

/** By the claims' ids. */
export type Results = Readonly<Record<string, Result>>

const file = (scale: Scale): string => join(import.meta.dirname, 'results', `${scale}.json`)

/** What is known of each claim. */
export function results(scale: Scale): Results {
  return existsSync(file(scale)) ? JSON.parse(readFileSync(file(scale), 'utf8')) : {}
}

/** Put one claim's result in the place of its last one, and leave the others alone. */
export function keep(scale: Scale, id: string, result: Result): void {
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  writeFileSync(file(scale), `${JSON.stringify(replaced(results(scale), id, result), null, 2)}\n`)
}

/** Results with one of them anew, in the order of the claims. What is no claim any more is left out. */
export function replaced(known: Results, id: string, result: Result): Results {
  const all: Results = { ...known, [id]: result }
  return Object.fromEntries(claims.flatMap(({ id }) => (id in all ? [[id, all[id]!]] : [])))
}

/** What computed a result. */
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
