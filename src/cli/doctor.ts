import { statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { count, figure } from '../core/text.ts'
import { pathExists } from '../disk/inside.ts'
import { type Diagnosis, isFinding, type Severity, severities } from '../doctor/diagnosis.ts'
import { examine } from '../doctor/examine.ts'
import { type Lint, lint } from '../doctor/lint/index.ts'
import { readSteps } from '../train/event-log.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { loadFinished } from '../train/open.ts'
import { experimentOfRun } from '../train/origin.ts'
import { restore, restoreCheckpoint } from '../train/restore.ts'
import { type RunPlace, runPlaceOf } from '../train/run-place.ts'
import { checkSameExperiment } from '../train/same-experiment.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import { taskOf } from '../train/train.ts'
import { jsonLine, type Output, painted, terminal } from './output.ts'
import { type AskedRun, bestOption, experimentOption } from './run.ts'

interface Options extends AskedRun {
  readonly only?: readonly string[]
  readonly json?: true
}

/** `evenstep doctor RUN`: diagnoses problems of a finished run, or of an experiment before it is trained. */
export const doctorCommand = (output: Output = terminal()): Command =>
  new Command('doctor')
    .description('examine a finished run, or check an experiment before it is trained')
    .argument('<run>', 'folder of the run or of one of its checkpoints, or file of the experiment')
    .addOption(bestOption())
    .option('--only <ids>', 'diagnostics to run, such as D8,D9', (ids: string) => ids.split(','))
    .option('--json', 'print findings as JSON lines')
    .addOption(experimentOption())
    .action(async (path: string, { only, best, json, experiment: file }: Options) => {
      const print = printer(output, json)
      const isInRun = basename(dirname(resolve(path))) === 'checkpoints'
      if (!pathExists(path) && !isInRun) {
        throw new ArgumentError(
          `doctor: wanted the folder of a run or an experiment's file, got ${path}, which does not exist`,
        )
      }
      if (!isInRun && !statSync(path).isDirectory()) return void print.lint(lint(await loadExperiment(path)))
      const place = runPlaceOf(path, best && 'best')
      const experiment = await experimentOfRun(place.path, file)
      if (!only) print.lint(lint(experiment))
      await diagnose(experiment, restored(place, experiment), place.path, print, only)
    })

/**
 * Returns the task (model, loss, optimizer) of a run as it was at `checkpoint` or, by default, at the end. If
 * the run has no checkpoint, the optimizer's state is not restored.
 */
function restored({ path, checkpoint }: RunPlace, experiment: Experiment): Task {
  const task = taskOf(experiment)
  checkSameExperiment(path, experiment, task)
  if (checkpoint !== undefined) {
    restoreCheckpoint(checkpoint, experiment, task, true)
    return task
  }
  const steps = loadFinished(path, task)
  if (!restore(path, experiment, task)) task.goTo(steps, 1)
  return task
}

/** Examines a trained task (model, loss, optimizer), whose run's folder is `path`; prints and returns diagnoses. */
export async function diagnose(
  experiment: Experiment,
  task: Task,
  path: string,
  print: Printer,
  only?: readonly string[],
): Promise<readonly Diagnosis[]> {
  const made: Diagnosis[] = []
  const log = upTo(readSteps(path), task.steps)
  for await (const diagnosis of examine(experiment, task, { log, ...(only && { only }) })) {
    made.push(diagnosis)
    print.progress?.(diagnosis)
  }
  print.diagnoses(made, `${basename(path)} · ${count(task.steps)} steps`)
  return made
}

/** Returns the first `count` steps of a log; undefined if there is no log. */
function upTo(log: Steps | undefined, count: number): Steps | undefined {
  if (log === undefined || log.losses.length <= count) return log
  const { losses, lrs, logs = {} } = log
  const first = Object.entries(logs).map(([name, all]) => [name, Array.from(all).slice(0, count)] as const)
  return {
    losses: losses.slice(0, count),
    lrs: lrs.slice(0, count),
    ...(first.length > 0 && { logs: Object.fromEntries(first) }),
  }
}

/** Prints what `evenstep doctor` finds: flaws of an experiment (`lint`), or diagnoses of a trained model. */
interface Printer {
  lint(found: readonly Lint[]): void
  /** Prints one diagnosis at once, while others are still being made; absent if all are printed at the end. */
  progress?(diagnosis: Diagnosis): void
  diagnoses(made: readonly Diagnosis[], title: string): void
}

/** Returns a printer of JSON lines if `json` is true, else of readable text, most severe findings first. */
export function printer(output: Output, json: true | undefined): Printer {
  if (!json) {
    return {
      lint: (found) => output.write(lintPage(found, output)),
      diagnoses: (made, title) => output.write(page(made, title, output)),
    }
  }
  return {
    lint: (found) => output.write(found.map((one) => jsonLine({ type: 'lint', ...one })).join('')),
    progress: (diagnosis) => output.write(jsonLine({ type: 'diagnosis', ...diagnosis })),
    diagnoses: () => {},
  }
}

const colors: Readonly<Record<Severity, number>> = { alarm: 31, warning: 33, note: 36, ok: 32 }

const labelOf = (severity: Severity, { color }: Output): string => {
  const label = severity.padEnd(9)
  return color ? painted(label, colors[severity]) : label
}

function lintPage(found: readonly Lint[], output: Output): string {
  if (found.length === 0) return 'lint: nothing to report on this experiment\n\n'
  const entries = found.map(({ severity, rule, advice }) => entry(severity, rule, [advice], output))
  return `lint, before training\n\n${entries.join('')}\n`
}

function page(made: readonly Diagnosis[], title: string, output: Output): string {
  const text = (severity: Severity | '', { id, title }: Diagnosis, ...lines: string[]): string =>
    entry(severity, `${id.padEnd(4)} ${title}`, lines, output)
  const found = made
    .filter(isFinding)
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .map((one) => text(one.severity, one, `${figure(one.value)}; ${one.threshold}`, one.advice))
  const others = made.flatMap((one) => (isFinding(one) ? [] : [text('', one, one.reason)]))
  const rest = others.length > 0 ? ['\nnot applicable\n\n', ...others] : []
  return [`${title}\n\n`, ...found, ...rest].join('')
}

/** Returns the text of a finding: a line with severity and title; below it, wrapped and indented, `lines`. */
function entry(severity: Severity | '', title: string, lines: readonly string[], output: Output): string {
  const margin = ' '.repeat(9)
  const label = severity === '' ? margin : labelOf(severity, output)
  const below = lines.flatMap((line) => wrapped(line, Math.max(40, output.columns - margin.length)))
  return `${label}${title}\n${below.map((line) => `${margin}${line}\n`).join('')}`
}

/** Breaks a text at spaces into lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
