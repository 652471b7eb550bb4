import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { lint } from '../doctor/lint/index.ts'
import { tensorBoard } from '../log/tensorboard.ts'
import { describe } from '../train/description.ts'
import type { TrainEvent } from '../train/event.ts'
import { toLines } from '../train/event-log.ts'
import type { Experiment } from '../train/experiment.ts'
import { examplesPerStep } from '../train/length.ts'
import { RunFolder } from '../train/run-folder.ts'
import { override } from '../train/spec.ts'
import { taskOf } from '../train/train.ts'
import { diagnose, printer } from './doctor.ts'
import { onInterrupt } from './interrupt.ts'
import { loadExperiment } from './load.ts'
import { terminal } from './output.ts'
import { Report } from './report.ts'
import type { Origin } from './run.ts'
import { shellCommand } from './shell.ts'
import { version } from './version.ts'

interface Options {
  readonly set: readonly string[]
  readonly seed?: number
  readonly out?: string
  readonly resume?: true
  readonly json?: true
  readonly device?: string
  readonly tensorboard?: true
  readonly doctor?: true
}

/** `evenstep train FILE`: trains an experiment, and keeps the run in a folder. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train the experiment in FILE (TypeScript, JavaScript or JSON)')
    .argument('<file>', 'the experiment')
    .option('--set <path=value>', 'change a setting, such as epochs=10 or optimizer.lr=0.5', collect, [])
    .option('--seed <n>', 'the seed of weights and data order', integer)
    .option('--out <dir>', 'the folder of the run; runs/NAME-1, -2, … unless given')
    .option('--resume', 'go on with the run in --out, or with the last one')
    .option('--device <device>', 'where to compute: cpu, wasm or webgpu')
    .option('--tensorboard', 'write event files for TensorBoard into the folder of the run')
    .option('--doctor', 'look the experiment over before, and examine the run after')
    .option('--json', 'print events as JSON lines')
    .action(async (file: string, options: Options) => {
      const experiment = override(await loadExperiment(file), [...options.set, ...settingsOf(options)])
      await train(experiment, file, options)
    })
}

/** The options that are settings as well. */
const settingsOf = ({ seed, device }: { seed?: number | undefined; device?: string | undefined }): string[] =>
  Object.entries({ seed, device }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))

const collect = (setting: string, before: readonly string[]): readonly string[] => [...before, setting]

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`wanted an integer ≥ 0, got ${text}`)
  return Number(text)
}

async function train(experiment: Experiment, file: string, options: Options): Promise<void> {
  const task = taskOf(experiment)
  // What does not fit together is told before there is a folder.
  await task.prepare(examplesPerStep(experiment))
  const path = options.out ?? (options.resume ? lastFolder : freeFolder)(experiment.name ?? 'run')
  const resume = options.resume === true
  const folder = new RunFolder(path, experiment, {
    resume,
    task,
    notes: { origin: originOf(file, options), versions },
  })
  if (folder.finished) {
    folder.close()
    throw new ArgumentError(
      `${path}: wanted a run to resume, got one that ended after ${folder.steps} steps; ` +
        'give it more epochs, such as --set epochs=20, or start another without --resume',
    )
  }
  const report: { event(event: TrainEvent): void; close?(): void } = options.json
    ? { event: (event) => void process.stdout.write(toLines(event)) }
    : new Report(experiment, commandOf(file, options), path)
  const doctor = options.doctor && printer(terminal(), options.json)
  doctor?.lint(lint(experiment))
  const interrupt = onInterrupt()
  try {
    for await (const event of options.tensorboard ? watched(folder, experiment) : folder.events()) {
      report.event(event)
      if (!interrupt.signal.aborted || event.type === 'end') continue
      await folder.save()
      process.exitCode = 130
      break
    }
  } finally {
    interrupt.stop()
    report.close?.()
    folder.close()
  }
  if (doctor && process.exitCode !== 130) await diagnose(experiment, folder.task, path, doctor)
  if (process.exitCode === 130) {
    const more = Object.entries({ seed: options.seed, device: options.device, out: path })
    const flags = more.flatMap(([key, value]) => (value === undefined ? [] : [`--${key}`, String(value)]))
    const again = `${commandOf(file, options)} ${shellCommand([...flags, '--resume'])}`
    process.stderr.write(`stopped after ${folder.task.steps} steps, saved in ${path}; go on with ${again}\n`)
  }
}

const originOf = (file: string, { set, seed, device }: Options): Origin => ({
  file: resolve(file),
  settings: [...set, ...settingsOf({ seed, device })],
})

/** What to type for this experiment with these settings. */
const commandOf = (file: string, { set }: Options): string =>
  shellCommand(['npx', 'evenstep', 'train', file, ...set.flatMap((setting) => ['--set', setting])])

/** The events of a run, kept for TensorBoard as well. */
function watched(folder: RunFolder, experiment: Experiment): AsyncGenerator<TrainEvent> {
  const { model, graph, ...settings } = describe(experiment, folder.task)
  return tensorBoard(folder.events(), folder.path, { task: folder.task, settings })
}

const versions = { evenstep: version, node: process.versions.node }

/** The last of runs/NAME-1, runs/NAME-2, … */
function lastFolder(name: string): string {
  const numbers = (existsSync('runs') ? readdirSync('runs') : [])
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => Number(folder.slice(name.length + 1)))
    .filter(Number.isInteger)
  if (numbers.length === 0)
    throw new ArgumentError(`--resume: wanted a run of ${name} in runs, got none; name it with --out`)
  return join('runs', `${name}-${Math.max(...numbers)}`)
}

/** The first of runs/NAME-1, runs/NAME-2, … that does not exist yet. */
function freeFolder(name: string): string {
  let n = 1
  while (existsSync(join('runs', `${name}-${n}`))) n++
  return join('runs', `${name}-${n}`)
}
