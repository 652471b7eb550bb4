import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { childrenOf } from '../../scripts/soak/command.ts'
import { main, type Outcome } from './command.ts'

/** Whether this machine has OpenMPI. In continuous integration it must. */
export const hasMpirun: boolean = existsSync('/usr/bin/mpirun') || Boolean(process.env.CI)

/** Ranks that wait give way to others, and run on any core, since tests share the machine. */
const launch = ['--oversubscribe', '--bind-to', 'none', '--mca', 'mpi_yield_when_idle', '1', '--quiet']

const environment = {
  ...process.env,
  CI: 'true', // mpirun gives rank 0 a terminal, in which there would be a progress bar
  TMPDIR: '/tmp', // OpenMPI's sockets need a short path
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
}

/** A command that runs on several ranks. */
export interface Launched {
  readonly process: ChildProcess
  readonly ended: Promise<Outcome>
}

/** Starts `evenstep` with some arguments on `ranks` ranks. @param node arguments of Node.js */
export function mpirun(
  folder: string,
  ranks: number,
  args: readonly string[],
  node: readonly string[] = [],
): Launched {
  const all = [...launch, '-n', String(ranks), process.execPath, ...node, main, ...args]
  const child = spawn('mpirun', all, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += String(text).replaceAll('\r', '')
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }))
  })
  return { process: child, ended }
}

/** Returns the id of the process of a rank. */
export function pidOfRank({ process }: Launched, rank: number): number {
  const isRank = (pid: number): boolean =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`OMPI_COMM_WORLD_RANK=${rank}`)
  const pid = childrenOf(process.pid!).find(isRank)
  if (pid === undefined) throw new Error(`no process of rank ${rank}`)
  return pid
}
