import { Command, Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import { present } from '../core/options.ts'
import { evenstepCommand } from '../core/shell.ts'
import { pathExists } from '../disk/inside.ts'
import { lint } from '../doctor/lint/index.ts'
import { tensorBoard } from '../log/tensorboard.ts'
import { writeDoctor } from '../pages/doctor-file.ts'
import { describe } from '../train/description.ts'
import { DivergedError } from '../train/diverged.ts'
import type { TrainEvent } from '../train/event.ts'
import { toLines } from '../train/event-log.ts'
import type { Experiment } from '../train/experiment.ts'
import { loadExperiment } from '../train/experiment-file.ts'
import { RankError } from '../train/parallel/joined.ts'
import { RunFolder } from '../train/run-folder.ts'
import { override } from '../train/spec.ts'
import { noteOnTable } from '../train/table-encoding.ts'
import { positiveInteger, seed, setOption } from './arguments.ts'
import { diagnose, printer } from './doctor.ts'
import { exitCodes } from './exit-code.ts'
import { signals } from './interrupt.ts'
import type { Mpi } from './mpi.ts'
import { type Output, printNote, terminal } from './output.ts'
import { printOverfit } from './overfit.ts'
import { asRank, beginTogether, followRank, isStop, openRanks, preparedTask, rankOptions } from './ranks.ts'
import { freeFolder, lastFolder, lastOrFreeFolder, whenUnlocked } from './run.ts'
import { SaveRequests } from './save-requests.ts'
import {
  auto,
  checkAlone,
  isDone,
  launched,
  type TrainCommandOptions,
  testOf,
  trainAgain,
  trainOrigin,
} from './train-options.ts'
import { TrainReport } from './train-report.ts'
import { versions } from './version.ts'

/** `evenstep train FILE`: trains the experiment in a file, and stores the run in a folder. */
export function trainCommand(output: Output = terminal()): Command {
  const command = new Command('train')
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
  for (const option of rankOptions()) command.addOption(option)
  return command.action(async (file: string, options: TrainCommandOptions) => {
    const mpi = await openRanks(options, process.env)
    if (mpi) return asRank(mpi, () => trainTogether(mpi, file, { ...options, ranks: mpi.size }, output))
    const experiment = await experimentOf(file, options)
    if (options.overfit === undefined) return train(experiment, file, options, output)
    checkAlone(options)
    await printOverfit(experiment, options.overfit, output, options.json)
  })
}

const experimentOf = async (file: string, options: TrainCommandOptions): Promise<Experiment> =>
  override(await loadExperiment(file), trainOrigin(file, options).settings)

/** Trains as one of several ranks, of which rank 0 alone prints and writes. */
async function trainTogether(
  mpi: Mpi,
  file: string,
  options: TrainCommandOptions,
  output: Output,
): Promise<void> {
  const other = (['overfit', 'doctor'] as const).find((name) => options[name])
  if (other !== undefined)
    throw new ArgumentError(
      `train: wanted one process with --${other}, got ${mpi.size}; run it without mpirun`,
    )
  const experiment = await experimentOf(file, options)
  if (mpi.rank === 0) return train(experiment, file, options, output, mpi)
  await followRank(mpi, experiment, await preparedTask(experiment, options, mpi))
}

async function train(
  experiment: Experiment,
  file: string,
  options: TrainCommandOptions,
  output: Output,
  mpi?: Mpi,
): Promise<void> {
  testOf(experiment, options)
  const folder = await openRun(experiment, file, options, mpi)
  const isLeft = !(options[auto] && isDone(folder, experiment, options))
  if (mpi) await beginTogether(mpi, experiment, folder.task, isLeft)
  if (!isLeft) return tellFinished(folder, options.json ? undefined : output)
  const doctor = options.doctor && printer(output, options.json)
  doctor?.lint(lint(experiment))
  if (await isStoppedIn(folder, experiment, file, options, output)) tellStopped(folder, file, options)
  else if (doctor) {
    const { task, path } = folder
    writeDoctor(path, task.steps, await diagnose(experiment, task, path, doctor))
  }
}

/** Trains the run in a folder, prints its events, and closes it. @returns whether it was stopped before its end */
async function isStoppedIn(
  folder: RunFolder,
  experiment: Experiment,
  file: string,
  options: TrainCommandOptions,
  output: Output,
): Promise<boolean> {
  const { set, json, doctor, ranks } = options
  const command = launched(evenstepCommand('train', file, set), ranks)
  const report = json ? undefined : new TrainReport(output, experiment, command, folder.path)
  const interrupt = signals.begin()
  const requests = new SaveRequests()
  const { signal } = interrupt
  const events = folder.events(present({ signal, test: testOf(experiment, options) }))
  try {
    for await (const event of options.tensorboard ? withTensorBoard(events, folder, experiment) : events) {
      // The doctor's lint has already said what the event warns of.
      if (report) report.event(doctor && event.type === 'start' ? { ...event, warnings: [] } : event)
      else output.write(toLines(event))
      if (requests.take() && event.type !== 'end') await saveNow(folder)
    }
    return false
  } catch (error) {
    const isStopped = isStop(error, signal)
    if (isStopped || error instanceof RankError) await folder.save()
    if (!isStopped) throw error
    process.exitCode = interrupt.exitCode ?? exitCodes.SIGTERM
    return true
  } finally {
    interrupt.stop()
    requests.stop()
    report?.close()
    folder.close()
  }
}

/** Says on stderr that a run has stopped, and how to resume it. */
function tellStopped({ path, task }: RunFolder, file: string, options: TrainCommandOptions): void {
  const again = trainAgain(file, options.set, options, path)
  printNote(`stopped after ${task.steps} steps, saved in ${path}; resume with ${again} --resume`)
}

/** Writes a checkpoint in the middle of a run, and says so on stderr. */
async function saveNow(folder: RunFolder): Promise<void> {
  await folder.save()
  printNote(`saved after ${folder.task.steps} steps in ${folder.path}`)
}

/** Creates or opens the run's folder, after compiling the experiment's graphs to find errors first. */
async function openRun(
  experiment: Experiment,
  file: string,
  options: TrainCommandOptions,
  mpi: Mpi | undefined,
): Promise<RunFolder> {
  const note = noteOnTable(experiment)
  if (note !== undefined) printNote(note)
  const task = await preparedTask(experiment, options, mpi)
  const isAuto = options[auto] === true
  const find = isAuto ? lastOrFreeFolder : options.resume ? lastFolder : freeFolder
  const path = options.out ?? find(experiment.name ?? 'run')
  const notes = { origin: trainOrigin(file, options), versions }
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
  options: TrainCommandOptions,
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
  options: TrainCommandOptions,
): Promise<ArgumentError> {
  const { set } = options
  const { steps } = folder
  const given = folder.longer
  // Steps that were set only on the command line are left out of the new one: more epochs alone lengthen the run.
  const isFree = given.length > 1 && (await loadExperiment(file)).steps === undefined
  const longer = isFree ? given.filter((setting) => !setting.startsWith('steps=')) : given
  const got = longer.length > 0 ? `ended after ${steps} steps` : `a controller stopped after ${steps} steps`
  const kept = set.filter((setting) => !given.some((more) => more.split('=')[0] === setting.split('=')[0]))
  const again = trainAgain(file, [...kept, ...longer], options, path)
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
