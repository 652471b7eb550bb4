/**
 * Runs the scripts of examples/cluster under SLURM: `npm run build && npx jiti scripts/slurm.ts`, as root on a Debian with
 * the packages `slurm-wlm`, `munge` and `postgresql`; it takes some minutes.
 *
 * One machine is the whole cluster: munged, slurmctld and slurmd run from a temporary folder, without systemd and
 * without cgroups (`proctrack/linuxproc`, `task/none`). It requeues a worker, kills a node with two workers, and lets a
 * run reach its time limit; then it compares results and weights with those of undisturbed commands.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { childrenOf } from './soak/command.ts'
import { PostgresServer } from './soak/postgres.ts'
import { resultsOf, sameText } from './soak/same.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const scripts = join(repository, 'examples/cluster')
const root = mkdtempSync('/tmp/evenstep-slurm-')
const project = join(root, 'project')

/** Network on 64 examples whose reading takes `WAIT` milliseconds each, without keeping a processor busy. */
const experiment = `
  import { data, nn, ops, optim, train } from 'evenstep'
  const rows = data.dataset({ x: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)), y: Int32Array.from({ length: 64 }, (_, i) => i % 2), shape: [1], classes: 2 })
  const wait = { name: 'wait', apply: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.WAIT ?? 2)) }
  export default train.experiment({
    data: { train: rows, validation: rows },
    model: () => new nn.Sequential(new nn.Linear(1, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Linear(8, 2)),
    loss: ops.crossEntropy, optimizer: optim.sgd({ lr: 0.1 }), batchSize: 16, steps: 2000, transform: [wait],
  })
`
const study = `
  import { study } from 'evenstep'
  export default study.define({ experiment: 'slow.ts', factors: { lr: { from: 0.01, to: 1, count: 20 } }, seeds: 2, steps: 60 })
`

const conf = `
ClusterName=evenstep
SlurmctldHost=${hostname()}
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=${root}/munge.socket,cred_expire=5
StateSaveLocation=${root}/state
SlurmdSpoolDir=${root}/spool
SlurmctldPidFile=${root}/slurmctld.pid
SlurmdPidFile=${root}/slurmd.pid
SlurmdTimeout=10
KillWait=20
ReturnToService=2
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=${hostname()} CPUs=8
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE
`
const env = { ...process.env, SLURM_CONF: join(root, 'slurm.conf') }
const daemons = new Map<string, ChildProcess>()

/** Starts a program that runs until it is killed; what it says goes to a file in the temporary folder. */
function daemon(program: string, ...args: string[]): void {
  const log = openSync(join(root, `${program}.log`), 'a')
  daemons.set(
    program,
    spawn(`/usr/sbin/${program}`, args, { env, stdio: ['ignore', log, log], detached: true }),
  )
  closeSync(log)
}

const slurm = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { env, cwd: project, encoding: 'utf8' }).trim()

/** Says what is being done, with the seconds since the start. */
const say = (text: string): void =>
  console.log(`${(performance.now() / 1e3).toFixed(0).padStart(4)} s  ${text}`)

/** Waits until a condition holds. @throws after so many seconds */
async function until(what: string, holds: () => boolean, seconds = 120): Promise<void> {
  for (const begun = performance.now(); ; await setTimeout(300)) {
    let held = false
    try {
      held = holds()
    } catch {} // not ready yet
    if (held) return
    if (performance.now() - begun > 1e3 * seconds)
      throw new Error(`wanted ${what}, got none in ${seconds} s; see ${root}`)
  }
}

/** A field of a job, such as `JobState`, as SLURM shows it. */
const fieldOf = (job: string, field: string): string =>
  new RegExp(`\\b${field}=(\\S+)`).exec(slurm('scontrol', 'show', 'job', job))![1]!

const evenstep = (args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(join(project, 'node_modules/.bin/evenstep'), args, {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...more },
  })

/** Waits for the end of a command. @throws unless it succeeds */
async function succeeded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.join(' ')}: wanted 0, got ${child.exitCode}`)
}

function prepare(): void {
  chmodSync(root, 0o755)
  for (const folder of [
    project,
    ...['state', 'spool', 'project/node_modules/.bin'].map((one) => join(root, one)),
  ])
    mkdirSync(folder, { recursive: true })
  symlinkSync(repository, join(project, 'node_modules/evenstep'))
  const main = join(repository, 'dist/cli/main.js')
  const command = join(project, 'node_modules/.bin/evenstep')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 })
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'slow.ts'), experiment)
  writeFileSync(join(project, 'slow-study.ts'), study)
  writeFileSync(env.SLURM_CONF, conf)
  writeFileSync(join(root, 'munge.key'), crypto.getRandomValues(new Uint8Array(128)), { mode: 0o400 })
}

async function start(): Promise<void> {
  const at = (name: string): string => join(root, name)
  const files = [
    `--key-file=${at('munge.key')}`,
    `--pid-file=${at('munge.pid')}`,
    `--seed-file=${at('munge.seed')}`,
  ]
  daemon('munged', '--foreground', '--force', `--socket=${at('munge.socket')}`, ...files)
  await until('munged', () => execFileSync('munge', ['-n', '-S', at('munge.socket')]).length > 0)
  daemon('slurmctld', '-D')
  daemon('slurmd', '-D')
  await until('a node', () => slurm('sinfo', '-h', '-o', '%T') === 'idle')
  say(`${slurm('sinfo', '-V')}: ${slurm('sinfo', '-h', '-o', '%n %T')}`)
}

/** All processes that descend from a process. */
const descendants = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendants(child)])

/** Kills the node with all that runs on it, as a power cut does, and starts it again. */
async function killNode(): Promise<void> {
  // What a job starts descends from its slurmstepd, which slurmd leaves to the system's first process.
  const steps = execFileSync('pgrep', ['-f', 'slurmstepd: \\['], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
  const own = steps.filter((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes(root))
  const slurmd = daemons.get('slurmd')!
  for (const pid of [slurmd.pid!, ...own.flatMap((step) => [...descendants(step), step])]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {} // it has ended
  }
  await until('a node that is down', () => slurm('sinfo', '-h', '-o', '%T').startsWith('down'))
  daemon('slurmd', '-D')
}

/** Two workers of a study, of which one is requeued, and both are killed with their node. */
async function workers(server: PostgresServer): Promise<void> {
  const script = ['--cpus-per-task=1', join(scripts, 'slurm-workers.sh'), 'slow-study.ts', server.url()]
  const job = slurm('sbatch', '--parsable', '--array=0-1', ...script)
  const planner = evenstep([
    'study',
    'slow-study.ts',
    '--database',
    server.url(),
    '--out',
    'shared',
    '--json',
  ])
  await until('tables', () => server.sql('evenstep', "SELECT to_regclass('evenstep.trial')") !== '')
  const count = (where: string): number =>
    Number(server.sql('evenstep', `SELECT count(*) FROM evenstep.trial WHERE ${where}`))
  const running = 'status IS NULL AND worker IS NOT NULL AND due > clock_timestamp()'
  await until('trials that run', () => count(running) === 2)
  say(`workers ${job} run; requeueing ${job}_0`)
  slurm('scontrol', 'requeue', `${job}_0`)
  await until(
    'a requeued worker',
    () => fieldOf(`${job}_0`, 'Restarts') === '1' && fieldOf(`${job}_0`, 'JobState') === 'RUNNING',
  )
  await until('trials that run', () => count(running) === 2)
  say(`worker ${job}_0 runs again, after ${count('status IS NOT NULL')} trials; killing the node`)
  await killNode()
  await until(
    'workers that run again',
    () =>
      ['0', '1'].every(
        (task) =>
          fieldOf(`${job}_${task}`, 'JobState') === 'RUNNING' &&
          Number(fieldOf(`${job}_${task}`, 'Restarts')) >= 1,
      ),
    180,
  )
  say(`the node is back, after ${count('status IS NOT NULL')} trials`)
  await succeeded(planner)
  const restarts = ['0', '1'].map((task) => fieldOf(`${job}_${task}`, 'Restarts')).join(' and ')
  await succeeded(
    evenstep(['study', 'slow-study.ts', '--out', 'alone', '--workers', '2', '--json'], { WAIT: '0' }),
  )
  const text = (folder: string): string => JSON.stringify(resultsOf(join(project, folder)), null, 1)
  sameText('results.json', text('shared'), text('alone'))
  say(
    `${count('status IS NOT NULL')} trials done, after ${restarts} restarts; results equal those of an undisturbed study`,
  )
  const [last] = slurm('sbatch', '--parsable', '--array=0', ...script).split('\n')
  await until('a worker', () => fieldOf(`${last}_0`, 'JobState') === 'RUNNING')
  await setTimeout(3000)
  slurm('scancel', job, last!)
  await until('no job', () => slurm('squeue', '-h') === '', 60)
  say('workers that are cancelled stay so')
}

/** A run that saves when asked to, and continues after its time limit. */
async function training(): Promise<void> {
  const job = slurm(
    'sbatch',
    '--parsable',
    '--time=2',
    '--output=train.out',
    join(scripts, 'slurm-train.sh'),
    'slow.ts',
    'runs/slow',
  )
  say(`run ${job}, with a time limit of two minutes`)
  const out = (): string => readFileSync(join(project, 'train.out'), 'utf8')
  await until('a run', () => readFileSync(join(project, 'runs/slow/events.jsonl')).length > 0)
  slurm('scancel', '--batch', '--signal=USR2', job)
  await until('a checkpoint at SIGUSR2', () => /saved after \d+ steps/.test(out()))
  say(/saved after \d+ steps/.exec(out())![0])
  await until('a stop at the time limit', () => /stopped after \d+ steps/.test(out()), 180)
  say(/stopped after \d+ steps/.exec(out())![0])
  await until('an end', () => fieldOf(job, 'JobState') === 'COMPLETED', 600)
  say(`run ${job} completed after ${fieldOf(job, 'Restarts')} restart`)
  await succeeded(evenstep(['train', 'slow.ts', '--out', 'runs/alone', '--json'], { WAIT: '0' }))
  const weights = (run: string): string =>
    readFileSync(join(project, 'runs', run, 'model.safetensors'), 'hex')
  sameText('the weights', weights('slow'), weights('alone'))
  say('its weights equal those of an undisturbed run')
}

/** Ends all jobs, so that none outlives the daemons. */
async function stopJobs(): Promise<void> {
  try {
    for (const job of slurm('squeue', '-h', '-o', '%A').split('\n')) slurm('scancel', job)
    await until('no job', () => slurm('squeue', '-h') === '', 60)
  } catch {} // slurmctld has ended, or never began
}

let server: PostgresServer | undefined
try {
  prepare()
  await start()
  server = await PostgresServer.begin()
  await workers(server)
  await training()
  rmSync(root, { recursive: true, force: true })
} finally {
  server?.end()
  await stopJobs()
  for (const program of ['slurmctld', 'slurmd', 'munged']) daemons.get(program)?.kill('SIGTERM')
}
