import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './attack.ts'
import type { Outcome } from './command.ts'

/** A log without times, which differ from run to run. */
export function logOf(run: string): string {
  const path = join(run, 'events.jsonl')
  if (!existsSync(path)) throw new Failure(`${path}: wanted a file, got none`)
  return readFileSync(path, 'utf8').replace(/"time":\{[^}]*\}/g, '')
}

/** The logs of a study's trials, without times. */
export const logsOf = (study: string): string[] =>
  readdirSync(join(study, 'trials'))
    .sort()
    .map((name) => logOf(join(study, 'trials', name)))

/** A study's results without its times and the command, which names the folder. */
export const resultsOf = (study: string): unknown =>
  JSON.parse(readFileSync(join(study, 'results.json'), 'utf8'), (key, value) =>
    key === 'time' || key === 'command' ? undefined : value,
  )

/** Files of a run that have the same bytes in an undisturbed run. */
const files = ['model.safetensors', 'model.json', 'inference.onnx', 'loss.onnx', 'inference.json']

/** @throws {Failure} unless a run has the model, graphs, log and checkpoints of an undisturbed run. */
export function sameRun(run: string, whole: string): void {
  for (const file of files) sameFile(file, run, whole)
  sameText('events.jsonl', logOf(run), logOf(whole))
  const best = join('checkpoints', 'best.json')
  if (existsSync(join(whole, best))) sameFile(best, run, whole)
  for (const checkpoint of checkpointsOf(whole)) {
    // A resumed run may have kept others of the checkpoints within its epochs.
    if (existsSync(join(run, checkpoint))) sameCheckpoint(checkpoint, run, whole)
  }
}

/** The checkpoints of a run, as paths in its folder. */
function checkpointsOf(run: string): string[] {
  const folder = join(run, 'checkpoints')
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => /^step-\d+$/.test(name))
    .map((name) => join('checkpoints', name))
}

function sameCheckpoint(checkpoint: string, run: string, whole: string): void {
  for (const name of ['model', 'optimizer', 'evaluation']) {
    const file = join(checkpoint, `${name}.safetensors`)
    // Only the best checkpoint needs weights of evaluation.
    if (existsSync(join(run, file)) && existsSync(join(whole, file))) sameFile(file, run, whole)
  }
  const file = join(checkpoint, 'checkpoint.json')
  sameText(file, stateOf(join(run, file)), stateOf(join(whole, file)))
}

/** The state in a checkpoint's JSON, without the log's length in bytes and what follows from it. */
const stateOf = (path: string): string =>
  JSON.stringify(
    JSON.parse(readFileSync(path, 'utf8'), (key, value) =>
      ['logged', 'sum'].includes(key) ? undefined : value,
    ),
    null,
    1,
  )

/** @throws {Failure} unless a study has the results and the logs of an undisturbed one, and an intact database. */
export async function sameStudy(study: string, whole: string): Promise<void> {
  const text = (folder: string): string => JSON.stringify(resultsOf(folder), null, 1)
  sameText('results.json', text(study), text(whole))
  sameText('the logs of trials', logsOf(study).join(''), logsOf(whole).join(''))
  const integrity = await integrityOf(join(study, 'study.db'))
  if (integrity !== 'ok') throw new Failure(`study.db: wanted an intact database, got ${integrity}`)
}

async function integrityOf(path: string): Promise<unknown> {
  const { default: Sqlite } = await import('libsql')
  const db = new Sqlite(path)
  try {
    const [row] = db.prepare('PRAGMA integrity_check').all() as { readonly integrity_check: string }[]
    return row?.integrity_check
  } finally {
    db.close()
  }
}

function sameFile(file: string, folder: string, whole: string): void {
  if (!existsSync(join(folder, file))) throw new Failure(`${file}: wanted a file, got none`)
  const [got, wanted] = [readFileSync(join(folder, file)), readFileSync(join(whole, file))]
  if (!got.equals(wanted)) throw new Failure(`${file}: wanted the bytes of an undisturbed run, got others`)
}

/** @throws {Failure} with the first line that differs. */
export function sameText(what: string, got: string, wanted: string): void {
  if (got === wanted) return
  const [gotLines, wantedLines] = [got.split('\n'), wanted.split('\n')]
  const at = wantedLines.findIndex((line, i) => line !== gotLines[i])
  const line = (lines: readonly string[]): string =>
    String(lines[at < 0 ? wantedLines.length : at]).slice(0, 200)
  throw new Failure(
    `${what}: wanted what an undisturbed command writes, got another line ${at + 1}:\n` +
      `  wanted ${line(wantedLines)}\n  got    ${line(gotLines)}`,
  )
}

/** What Node.js prints of an error that nothing handles. */
const traces = /^\s+at .*:\d+|node:internal|^Node\.js v\d|Assertion .*failed|terminate called/m

/** @throws {Failure} when a command printed a stack trace, or was ended by a signal that nobody sent. */
export function orderly(outcome: Outcome, signals: readonly NodeJS.Signals[] = []): void {
  if (traces.test(outcome.err)) throw new Failure(`${ending(outcome)}: wanted a message, got a stack trace`)
  if (outcome.signal !== null && !signals.includes(outcome.signal)) {
    throw new Failure(`${ending(outcome)}: wanted an exit code, got a signal`)
  }
}

/** @throws {Failure} unless a command succeeded without a word on stderr. */
export function succeeded(outcome: Outcome): Outcome {
  orderly(outcome)
  if (outcome.code !== 0 || outcome.err !== '') throw new Failure(`${ending(outcome)}: wanted success`)
  return outcome
}

/** @throws {Failure} unless a command ended with one of some codes and said why in a few lines. */
export function refused(outcome: Outcome, codes: readonly number[]): void {
  orderly(outcome)
  const lines = outcome.err.trim().split('\n')
  if (!codes.includes(outcome.code!)) {
    throw new Failure(`${ending(outcome)}: wanted the exit code ${codes.join(' or ')}`)
  }
  if (outcome.err.trim() === '' || lines.length > 3)
    throw new Failure(`${ending(outcome)}: wanted a line that says why`)
}

/** A command, how it ended, and the end of what it said. */
const ending = ({ command, code, signal, err }: Outcome): string =>
  `${command} (${signal ?? `code ${code}`})${err.trim() === '' ? '' : `\n${err.trim().split('\n').slice(-12).join('\n')}\n`}`
