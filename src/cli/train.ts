import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { evenstepCommand } from '../core/shell.ts'
import { pathExists } from '../disk/inside.ts'
import { lint } from '../doctor/lint/index.ts'
import { tensorBoard } from '../log/tensorboard.ts'
import { writeDoctor } from '../pages/doctor-file.ts'
import { describe } from '../train/description.ts'
import { DivergedError } from '../train/diverged.ts'
import type { TestedWeights, TrainEvent } from '../train/event.ts'
import { toLines } from '../train/event-log.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { examplesPerStep } from '../train/length.ts'
import { RunFolder } from '../train/run-folder.ts'
import { isTested } from '../train/run-tests.ts'
import { override } from '../train/spec.ts'
import { noteOnTable } from '../train/table-encoding.ts'
import { testDataOf } from '../train/test-part.ts'
import { taskOf } from '../train/train.ts'
import type { Origin } from '../train/trust.ts'
import { positiveInteger, seed, setOption } from './arguments.ts'
import { diagnose, printer } from './doctor.ts'
import { signals } from './interrupt.ts'
import { type Output, printNote, terminal } from './output.ts'
import { printOverfit } from './overfit.ts'
import { freeFolder, lastFolder, lastOrFreeFolder, whenUnlocked } from './run.ts'
import { SaveRequests } from './save-requests.ts'
import { TrainReport } from './train-report.ts'
import { versions } from './version.ts'

/**
 * Name of the option `--resume=auto`: a separate flag, since `--resume` with an optional value would take FILE
 * in `train --resume FILE` for that value.
 */
const auto = 'resume=auto'

interface Options {
  readonly set: readonly string[]
  readonly seed?: number
  readonly out?: string
  readonly resume?: true
  readonly [auto]?: true
  readonly json?: true
  readonly device?: string
  readonly tensorboard?: true
  readonly test?: true
  readonly best?: true
  readonly doctor?: true
  readonly overfit?: number
}

/** `evenstep train FILE`: trains the experiment in a file, and stores the run in a folder. */
export const trainCommand = (output: Output = terminal()): Command =>
  new Command('train')
    .description('train the experiment in FILE (TypeScript, JavaScript or JSON)')
    .argument('<file>', 'file of the experiment')
    .addOption(setOption())
    .option('--seed <n>', 'seed of weights and data order', seed)
    .option('--out <dir>', 'folder of the run (default: runs/NAME-1, -2, …)')
    .option('--resume', 'resume the run in --out, or the last one')
    .addOption(new Option(`--${auto}`, 'the same, but begin if there is no run, and end if it is finished'))
    .option('--device <device>', 'where to compute: cpu, wasm or webgpu')
    .option('--tensorboard', "write TensorBoard event files to the run's folder")
    .option('--test', 'measure the final model once on the test data, which nothing chose on')
    .option('--best', 'with --test: the best checkpoint, chosen on the validation data')
    .option('--doctor', 'check the experiment before training, and examine the run afterwards')
    .option('--overfit <n>', 'test whether the model can memorize n examples, instead', positiveInteger)
    .option('--json', 'print events as JSON lines')
    .action(async (file: string, options: Options) => {
      const { settings } = originOf(file, options)
      const experiment = override(await loadExperiment(file), settings)
      if (options.overfit === undefined) return train(experiment, file, options, output)
      checkAlone(options)
      await printOverfit(experiment, options.overfit, output, options.json)
    })

/** @throws {ArgumentError} for an option that is about a run or its model, which `--overfit` does without. */
function checkAlone(options: Options): void {
  const other = (['out', 'resume', auto, 'tensorboard', 'doctor', 'test', 'best'] as const).find(
    (name) => options[name],
  )
  if (other === undefined) return
  throw new ArgumentError(
    `train: wanted --overfit without --${other}, got both; it trains no model to store or measure`,
  )
}

const originOf = (file: string, { set, seed, device }: Options): Origin => ({
  file: resolve(file),
  settings: [
    ...set,
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(device === undefined ? [] : [`device=${device}`]),
  ],
})

/** Returns the options of a command that resumes a run, except its folder. */
const flagsOf = ({ seed, device, test, best }: Options) => ({ seed, device, test, best })

/** Returns which model to measure on the test data. @throws {ArgumentError} when that cannot be done. */
function testOf(experiment: Experiment, { test, best }: Options): TestedWeights | undefined {
  if (best && !test) throw new ArgumentError('train: wanted --test with --best, got none')
  if (!test) return undefined
  testDataOf('train', experiment)
  return best ? 'best' : 'final'
}

async function train(experiment: Experiment, file: string, options: Options, output: Output): Promise<void> {
  const test = testOf(experiment, options)
  const folder = await openRun(experiment, file, options)
  const { set, json } = options
  if (options[auto] && isDone(folder, experiment, options))
    return tellFinished(folder, json ? undefined : output)
  const command = evenstepCommand('train', file, set)
  const report = json ? undefined : new TrainReport(output, experiment, command, folder.path)
  const doctor = options.doctor && printer(output, json)
  doctor?.lint(lint(experiment))
  const interrupt = signals.begin()
  const requests = new SaveRequests()
  const { signal } = interrupt
  const events = folder.events({ signal, ...(test && { test }) })
  let isStopped = false
  try {
    for await (const event of options.tensorboard ? withTensorBoard(events, folder, experiment) : events) {
      // The doctor's lint has already said what the event warns of.
      if (report) report.event(doctor && event.type === 'start' ? { ...event, warnings: [] } : event)
      else output.write(toLines(event))
      if (requests.take() && event.type !== 'end') await saveNow(folder)
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    isStopped = true
    await folder.save()
  } finally {
    interrupt.stop()
    requests.stop()
    report?.close()
    folder.close()
  }
  if (!isStopped && doctor) {
    const { task, path } = folder
    writeDoctor(path, task.steps, await diagnose(experiment, task, path, doctor))
  }
  if (!isStopped) return
  process.exitCode = interrupt.exitCode
  tellStopped(folder, file, options)
}

/** Says on stderr that a run has stopped, and how to resume it. */
function tellStopped({ path, task }: RunFolder, file: string, options: Options): void {
  const again = evenstepCommand('train', file, options.set, { ...flagsOf(options), out: path })
  printNote(`stopped after ${task.steps} steps, saved in ${path}; resume with ${again} --resume`)
}

/** Writes a checkpoint in the middle of a run, and says so on stderr. */
async function saveNow(folder: RunFolder): Promise<void> {
  await folder.save()
  printNote(`saved after ${folder.task.steps} steps in ${folder.path}`)
}

/** Creates or opens the run's folder, after compiling the experiment's graphs to find errors first. */
async function openRun(experiment: Experiment, file: string, options: Options): Promise<RunFolder> {
  const note = noteOnTable(experiment)
  if (note !== undefined) printNote(note)
  const task = taskOf(experiment)
  await task.prepare(examplesPerStep(experiment))
  const isAuto = options[auto] === true
  const find = isAuto ? lastOrFreeFolder : options.resume ? lastFolder : freeFolder
  const path = options.out ?? find(experiment.name ?? 'run')
  const notes = { origin: originOf(file, options), versions }
  const resume = isAuto ? pathExists(path) : options.resume === true
  const open = (): RunFolder => new RunFolder(path, experiment, { resume, task, notes })
  const folder = isAuto ? await whenUnlocked(open) : open()
  const error = await reasonNotToTrain(folder, experiment, file, options)
  if (error === undefined) return folder
  folder.close()
  throw error
}

/** Returns the error for a run that cannot be resumed; with `--resume=auto`, a finished run is not an error. */
async function reasonNotToTrain(
  folder: RunFolder,
  experiment: Experiment,
  file: string,
  options: Options,
): Promise<Error | undefined> {
  const isAuto = options[auto] === true
  if (isDone(folder, experiment, options))
    return isAuto ? undefined : endedError(folder.path, folder, file, options)
  const { diverged, path } = folder
  if (!isAuto || diverged === undefined) return undefined
  // Whoever repeats the command until it succeeds would otherwise train up to the same step for ever.
  const fix = 'change the experiment and begin another run, or repeat the last steps with --resume'
  const { step, lr } = diverged
  const got = `one that diverged at step ${step}, lr ${lr}`
  return new DivergedError(`${path}: wanted a run to resume, got ${got}; ${fix}`, step, lr)
}

/** Whether the run has ended and, if that was asked for, its model is measured on the test data. */
function isDone({ finished, path, steps }: RunFolder, experiment: Experiment, options: Options): boolean {
  const weights = finished && testOf(experiment, options)
  return weights ? isTested(path, experiment, { weights, steps }) : finished
}

/** Prints that nothing is left to do: to `output` or, if stdout is reserved for JSON lines, to stderr. */
function tellFinished(folder: RunFolder, output: Output | undefined): void {
  folder.close()
  const line = `${folder.path}: ended after ${folder.steps} steps; nothing is left to do`
  if (output) output.write(`${line}\n`)
  else printNote(line)
}

/** Returns the error for resuming a run that has ended; the message suggests a command that lengthens it. */
async function endedError(
  path: string,
  folder: RunFolder,
  file: string,
  options: Options,
): Promise<ArgumentError> {
  const { set } = options
  const { steps } = folder
  const given = folder.longer
  // Steps that were set only on the command line are left out of the new one: more epochs alone lengthen the run.
  const isFree = given.length > 1 && (await loadExperiment(file)).steps === undefined
  const longer = isFree ? given.filter((setting) => !setting.startsWith('steps=')) : given
  const got = longer.length > 0 ? `ended after ${steps} steps` : `a controller stopped after ${steps} steps`
  const kept = set.filter((setting) => !given.some((more) => more.split('=')[0] === setting.split('=')[0]))
  const again = evenstepCommand('train', file, [...kept, ...longer], { ...flagsOf(options), out: path })
  const more = longer.length > 0 ? `lengthen it with ${again} --resume, or ` : ''
  return new ArgumentError(
    `${path}: wanted a run to resume, got one that ${got}; ${more}start another without --resume`,
  )
}

/** Yields the events of a run, after writing them to TensorBoard files in the run's folder. */
function withTensorBoard(
  events: AsyncIterable<TrainEvent>,
  folder: RunFolder,
  experiment: Experiment,
): AsyncGenerator<TrainEvent> {
  const { model, graph, ...settings } = describe(experiment, folder.task)
  return tensorBoard(events, folder.path, { task: folder.task, settings })
}
