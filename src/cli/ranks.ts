import { setTimeout } from 'node:timers/promises'
import { Option } from 'commander'
import { ArgumentError } from '../core/errors.ts'
import type { Experiment } from '../train/experiment.ts'
import { examplesPerStep } from '../train/length.ts'
import type { Parallel } from '../train/parallel/communicator.ts'
import { isOfThisRank, RankError } from '../train/parallel/joined.ts'
import { checkSameOnAll } from '../train/parallel/same-on-all.ts'
import { StoppedTogether } from '../train/parallel/together.ts'
import type { Task } from '../train/task.ts'
import { run, taskOf } from '../train/train.ts'
import { positiveInteger, stepNumber } from './arguments.ts'
import { exitCodes, printError } from './exit-code.ts'
import { signals } from './interrupt.ts'
import type { Mpi } from './mpi.ts'
import { version } from './version.ts'

/** Options of data-parallel training. */
export interface RankOptions {
  readonly batchNorm?: 'local' | 'synced'
  readonly averageEvery?: number
  readonly averageFrom?: number
}

/** Makes the options of data-parallel training. */
export const rankOptions = (): readonly Option[] => [
  new Option(
    '--average-every <k>',
    'under mpirun: average weights every k steps, not gradients in each',
  ).argParser(positiveInteger),
  new Option('--average-from <step>', 'with --average-every: average gradients before this step').argParser(
    stepNumber,
  ),
  new Option(
    '--batch-norm <kind>',
    'under mpirun: whose statistics normalize a batch (default: local, of each rank)',
  ).choices(['local', 'synced']),
]

type Environment = Readonly<Record<string, string | undefined>>

/** How a launcher of MPI started this process: as one of several, `alone`, or not at all. */
export function launchOf({
  OMPI_COMM_WORLD_SIZE: size,
  PMIX_RANK,
  PMI_SIZE,
}: Environment): 'several' | 'alone' | undefined {
  if (size !== undefined) return Number(size) > 1 ? 'several' : 'alone'
  if (PMIX_RANK !== undefined) return 'several' // as SLURM's `srun --mpi=pmix`, which does not say how many
  if (Number(PMI_SIZE ?? 1) === 1) return undefined
  throw new ArgumentError(
    `train: wanted to be started by OpenMPI's mpirun, got ${PMI_SIZE} processes by another launcher (PMI_SIZE); use mpirun of OpenMPI`,
  )
}

/** Connects to the other processes that `mpirun` started; returns undefined if there are none. */
export async function openRanks(options: RankOptions, environment: Environment): Promise<Mpi | undefined> {
  const launch = launchOf(environment)
  checkRankOptions(options, launch !== undefined)
  if (launch !== 'several') return undefined
  const mpi = await (await import('./mpi.ts')).Mpi.open()
  if (mpi.size > 1) return mpi
  mpi.close()
  return undefined
}

function checkRankOptions({ batchNorm, averageEvery, averageFrom }: RankOptions, isLaunched: boolean): void {
  const given = { 'average-every': averageEvery, 'average-from': averageFrom, 'batch-norm': batchNorm }
  const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined && !isLaunched) {
    throw new ArgumentError(
      `train: wanted --${name} under mpirun, got one process; write mpirun -n 2 npx evenstep train …`,
    )
  }
  if (averageFrom !== undefined && averageEvery === undefined)
    throw new ArgumentError('train: wanted --average-every with --average-from, got none')
  if (batchNorm !== 'synced') return
  throw new ArgumentError(
    'train: wanted --batch-norm local, got synced, which would stop each step at each layer of batch normalization; ' +
      'use local, or a larger batch for each rank',
  )
}

/** Returns the option `parallel` of a task. */
const parallelOf = (mpi: Mpi, { averageEvery, averageFrom }: RankOptions): Parallel => ({
  communicator: mpi,
  ...(averageEvery !== undefined && { averageEvery }),
  ...(averageFrom !== undefined && { averageFrom }),
})

/**
 * Begins to train on all ranks, unless rank 0 finds that nothing is left to do.
 *
 * @param isLeft whether something is left to do, as far as rank 0 knows
 * @returns whether the ranks train
 * @throws {ArgumentError} when this rank has another experiment than rank 0.
 */
export async function beginTogether(
  mpi: Mpi,
  experiment: Experiment,
  task: Task,
  isLeft: boolean = false,
): Promise<boolean> {
  const [told] = await mpi.broadcast(Uint8Array.of(isLeft ? 1 : 0))
  if (told === 1) await checkSameOnAll(mpi, experiment, task, version)
  return told === 1
}

/** Trains as a rank that prints and writes nothing. */
export async function followRank(mpi: Mpi, experiment: Experiment, task: Task): Promise<void> {
  if (!(await beginTogether(mpi, experiment, task))) return
  const interrupt = signals.begin()
  try {
    for await (const _ of run(experiment, { task, signal: interrupt.signal }));
  } catch (error) {
    if (!isStop(error, interrupt.signal)) throw error
    process.exitCode = interrupt.exitCode ?? exitCodes.SIGTERM
  } finally {
    interrupt.stop()
  }
}

/** Whether training ended since this process or another rank was asked to stop. */
export const isStop = (error: unknown, { aborted, reason }: AbortSignal): boolean =>
  (aborted && error === reason) || error instanceof StoppedTogether

/** Returns a new task, after compiling its training graph. */
export async function preparedTask(
  experiment: Experiment,
  options: RankOptions,
  mpi: Mpi | undefined,
): Promise<Task> {
  const task = taskOf(experiment, mpi ? { parallel: parallelOf(mpi, options) } : {})
  await task.prepare(examplesPerStep(experiment))
  return task
}

/** Milliseconds before a rank that failed ends, and `mpirun` ends the others: they save and say why first. */
const patience = 3000

/**
 * Runs `body` as one of several ranks. An error ends this process, and `mpirun` then ends the others. An error that all
 * ranks meet is reported by rank 0, one that others do not meet by the rank that meets it.
 */
export async function asRank(mpi: Mpi, body: () => Promise<void>): Promise<void> {
  try {
    await body()
    mpi.close()
  } catch (error) {
    if (error instanceof Error && mpi.rank > 0) error.message = `rank ${mpi.rank}: ${error.message}`
    const isOwn = isOfThisRank(error)
    if (isOwn) process.exitCode = printError(error)
    if (isOwn || mpi.rank > 0 || error instanceof RankError) await setTimeout(patience)
    if (isOwn) return
    process.exitCode = exitCodes.machine
    if (mpi.rank === 0 || !(error instanceof RankError)) throw error
  }
}
