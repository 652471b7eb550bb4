import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import type { Experiment } from '../train/experiment.ts'
import { describe, RunFolder, toLines } from '../train/run-folder.ts'
import { safetensors } from '../train/safetensors.ts'
import { override } from '../train/spec.ts'
import type { Task } from '../train/task.ts'
import { run, type TrainEvent, taskOf } from '../train/train.ts'
import { loadExperiment } from './load.ts'
import { Report } from './report.ts'
import { version } from './version.ts'

interface Options {
  readonly set: readonly string[]
  readonly seed?: number
  readonly out?: string
  readonly json?: true
  readonly device: string
}

/** `evenstep train FILE`: trains an experiment, and keeps the run in a folder. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train the experiment in FILE (TypeScript, JavaScript or JSON)')
    .argument('<file>', 'the experiment')
    .option('--set <path=value>', 'change a setting, such as epochs=10 or optimizer.lr=0.5', collect, [])
    .option('--seed <n>', 'the seed of weights and data order', integer)
    .option('--out <dir>', 'the folder of the run; runs/NAME-1, -2, … unless given')
    .option('--device <device>', 'where to compute: cpu', 'cpu')
    .option('--json', 'print events as JSON lines')
    .action(async (file: string, options: Options) => {
      if (options.device !== 'cpu') throw new ArgumentError(`--device: wanted cpu, got ${options.device}`)
      const seed = options.seed === undefined ? [] : [`seed=${options.seed}`]
      const experiment = override(await loadExperiment(file), [...options.set, ...seed])
      await train(experiment, file, options)
    })
}

const collect = (setting: string, before: readonly string[]): readonly string[] => [...before, setting]

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`wanted an integer ≥ 0, got ${text}`)
  return Number(text)
}

async function train(experiment: Experiment, file: string, options: Options): Promise<void> {
  const task = taskOf(experiment)
  const folder = new RunFolder(options.out ?? freeFolder(experiment.name ?? 'run'), {
    ...describe(experiment, task),
    versions: { evenstep: version, node: process.versions.node },
  })
  const report: { event(event: TrainEvent): void; close?(): void } = options.json
    ? { event: (event) => void process.stdout.write(toLines(event)) }
    : new Report(experiment, file, folder.path)
  const interrupt = onInterrupt()
  try {
    for await (const event of run(experiment, task)) {
      folder.write(event)
      report.event(event)
      if (interrupt.asked) break
    }
    save(task, folder.path)
  } finally {
    interrupt.stop()
    folder.close()
    report.close?.()
  }
  if (interrupt.asked) {
    process.stderr.write(`stopped after ${task.steps} steps; the run is in ${folder.path}\n`)
    process.exitCode = 130
  }
}

const save = (task: Task, folder: string): void =>
  writeFileSync(join(folder, 'model.safetensors'), safetensors(task.variables))

/** The first of runs/NAME-1, runs/NAME-2, … that does not exist yet, made. */
function freeFolder(name: string): string {
  for (let n = 1; ; n++) {
    const path = join('runs', `${name}-${n}`)
    if (existsSync(path)) continue
    mkdirSync(path, { recursive: true })
    return path
  }
}

/** Whether Ctrl-C was pressed: the first asks the loop to stop, a second ends the process. */
function onInterrupt(): { readonly asked: boolean; stop(): void } {
  const state = { asked: false, stop: () => void process.off('SIGINT', ask) }
  const ask = (): void => {
    if (state.asked) process.exit(130)
    state.asked = true
  }
  process.on('SIGINT', ask)
  return state
}
