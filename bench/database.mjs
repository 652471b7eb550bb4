// What studies on PostgreSQL cost: `npm run build && node bench/database.mjs`. docs/cluster.md has the figures.
//
//     --trials N     empty trials of the study that is planned, run and analysed (10000)
//     --study N      trials of the study that is trained with and without a database, in turn (200); 0: none
//     --rounds N     times that it is trained with each (2)
//     --workers LIST numbers of simulated workers for which to run 2,000 empty trials (1,4,64)
//     --out FILE     where the JSON goes (otherwise it is only printed)
//
// A server of its own, of Debian's package postgresql, runs for it, and writes to the disk as servers do.
import { fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'
import { load, machine } from './machine.mjs'
import { median } from './statistics.mjs'

const text = (fallback) => ({ type: 'string', default: fallback })
const { values } = parseArgs({
  options: {
    trials: text('10000'),
    study: text('200'),
    rounds: text('2'),
    workers: text('1,4,64'),
    out: { type: 'string' },
  },
})
const jiti = createJiti(import.meta.url)
const root = join(import.meta.dirname, '..')
const main = join(root, 'dist/cli/main.js')
const { PostgresServer } = await jiti.import('../scripts/soak/postgres.ts')
const folder = mkdtempSync(join(tmpdir(), 'evenstep-database-'))
const server = await PostgresServer.begin(['fsync=on', 'full_page_writes=on'])

/** Runs `bench/database/ROLE.ts` in a process of its own. @returns what it sends at the end */
const role = (name, given) =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'database', `${name}.mjs`), [JSON.stringify(given)], {
      execArgv: ['--expose-gc'],
    })
    let said
    child.on('message', (message) => (said = message))
    child.on('exit', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${name}: exited with ${code}`)),
    )
  })

/** Plans, runs and analyses a study of empty trials with `workers` simulated workers. */
async function empty(trials, workers) {
  const database = `empty_${workers}_${trials}`
  server.sql('postgres', `CREATE DATABASE ${database}`)
  const given = { url: server.url(database), trials, workers, folder: join(folder, database) }
  const cpu = server.cpu
  const [planner, worker] = await Promise.all([role('planner', given), role('workers', given)])
  const milliseconds = {
    server: (1e3 * (server.cpu - cpu)) / trials,
    planner: (1e3 * planner.cpu) / trials,
    workers: (1e3 * worker.cpu) / trials,
  }
  const sizeOf = (name) => Number(server.sql('postgres', `SELECT pg_database_size('${name}')`))
  const bytesPerTrial = Math.round((sizeOf(database) - sizeOf('template1')) / trials)
  server.sql('postgres', `DROP DATABASE ${database}`)
  return { trials, workers, ...planner, cpuMillisecondsPerTrial: milliseconds, bytesPerTrial }
}

const evenstep = (args, options = {}) => spawn(process.execPath, [main, ...args], { cwd: folder, ...options })
const ended = (child) =>
  new Promise((resolve, reject) =>
    child.on('exit', (code, signal) =>
      code && signal === null && code !== 143 ? reject(new Error(`code ${code}`)) : resolve(),
    ),
  )

/** Seconds of processor time in the `stat` of a process: of itself, at 11, or of its children that have ended, at 13. */
function cpuIn(process, at) {
  const fields = readFileSync(`/proc/${process}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[at]) + Number(fields[at + 1])) / 100
}

/** Seconds of processor time that processes which have ended, and the server, have taken so far. */
const cpuSoFar = () => cpuIn('self', 13) + server.cpu

/** Seconds that a study takes from start to end, and those of processor time. @param database connection string, for workers of a database */
async function seconds(file, out, database) {
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
  let worker
  if (database !== undefined) {
    worker = evenstep(['worker', file, '--database', database, '--concurrency', '2'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => worker.stdout.once('data', resolve)) // workers wait for studies, not studies for workers
    worker.stdout.resume()
  }
  const before = cpuSoFar() + (worker ? cpuIn(worker.pid, 11) : 0) // the worker has started already
  const begun = performance.now()
  const shared = database === undefined ? ['--workers', '2'] : ['--database', database, '--json']
  await ended(evenstep(['study', file, '--out', out, ...shared], quiet))
  const wall = (performance.now() - begun) / 1e3
  worker?.kill('SIGTERM')
  if (worker) await ended(worker)
  return { wall, cpu: cpuSoFar() - before }
}

/** Trains the study of bench/study.mjs with SQLite and with PostgreSQL, in turn. */
async function overhead(trials, rounds) {
  const study = {
    experiment: join(root, 'examples/digits.ts'),
    factors: {
      normalization: ['none', 'batch'],
      schedule: ['constant', 'warmupCosine'],
      lr: { from: 0.01, to: 1, count: Math.max(2, Math.round(trials / 8)) },
    },
    seeds: 2,
    steps: 937,
  }
  const file = join(folder, 'digits-bench.mjs')
  writeFileSync(file, `export default ${JSON.stringify(study)}`)
  const [sqlite, postgres] = [[], []]
  const results = (out) =>
    JSON.stringify(
      JSON.parse(readFileSync(join(folder, out, 'results.json'), 'utf8')).trials,
      (key, value) => (key === 'time' ? undefined : value),
    )
  for (let round = 0; round < rounds; round++) {
    sqlite.push(await seconds(file, `s${round}`))
    server.sql('postgres', `CREATE DATABASE round${round}`)
    postgres.push(await seconds(file, `p${round}`, server.url(`round${round}`)))
    if (results(`s${round}`) !== results(`p${round}`)) throw new Error('wanted the same results, got others')
  }
  const ratio = (of) => median(sqlite.map((one, i) => postgres[i][of] / one[of]))
  return { trials, sqlite, postgres, ratio: { wall: ratio('wall'), cpu: ratio('cpu') } }
}

try {
  const before = load()
  const trials = Number(values.trials)
  const result = {
    machine: machine(),
    study: Number(values.study) > 0 ? await overhead(Number(values.study), Number(values.rounds)) : undefined,
    empty: await empty(trials, 16),
    workers: [],
  }
  for (const workers of values.workers.split(',')) result.workers.push(await empty(2000, Number(workers)))
  result.load = { before, after: load() }
  console.log(JSON.stringify(result, null, 2))
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`)
} finally {
  server.end()
  rmSync(folder, { recursive: true, force: true })
}
