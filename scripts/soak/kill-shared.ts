import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Draw } from '../fuzz/reader.ts'
import { type Attack, Failure } from './attack.ts'
import { childrenOf, type Outcome, type Running } from './command.ts'
import type { Lab } from './lab.ts'
import { hasPostgres, PostgresServer } from './postgres.ts'
import { logsOf, orderly, resultsOf, sameText, succeeded } from './same.ts'
import { type Subject, shared } from './subjects.ts'

/** What is killed with SIGKILL: `process` is one of a worker's that trains a trial. `connections` are cut. */
export type SharedVictim = 'process' | 'worker' | 'planner' | 'database' | 'connections'

export interface KillSharedOptions {
  readonly server: PostgresServer
  /** What is killed, one after another, each while a trial runs. */
  readonly victims: readonly SharedVictim[]
  /** Most milliseconds from one kill to the next, apart from the wait for a trial. */
  readonly pause: number
  /** Called after each kill. */
  readonly tried: (victim: SharedVictim) => unknown
}

/** Seconds of a lease: short, so that trials of killed workers run again soon. */
const lease = 2

/** Milliseconds that a round may take: workers and planner live until its end, unless they are killed. */
const patience = 1_800_000

/** Clocks of the two workers: a day ahead, and a day behind. */
const clocks = [86_400_000, -86_400_000]

/**
 * Runs a study on PostgreSQL with two workers, and kills planner, workers and database, each while a trial runs.
 *
 * @throws {Failure} unless each trial was counted once, with the results and logs of an undisturbed study.
 */
export async function killSharedStudy(
  lab: Lab,
  subject: Subject,
  folder: string,
  draw: Draw,
  { server, victims, pause, tried }: KillSharedOptions,
): Promise<void> {
  const whole = await lab.undisturbed(subject)
  const scene = new Scene(lab, subject, folder, server)
  try {
    for (const victim of victims) {
      await setTimeout(draw.below(pause))
      if (!(await scene.whileTraining(draw, victim))) break
      tried(victim)
    }
    await scene.finish()
  } finally {
    scene.end()
  }
  const text = (of: string): string => JSON.stringify(resultsOf(of), null, 1)
  sameText('results.json', text(folder), text(whole))
  sameText('the logs of trials', logsOf(folder).join(''), logsOf(whole).join(''))
}

/** A planner and two workers of one study in a database of its own. */
class Scene {
  readonly #lab: Lab
  readonly #subject: Subject
  readonly #folder: string
  readonly #server: PostgresServer
  readonly #workers: Running[]
  #planner: Running
  #isOver = false
  /** How the planner that was not killed ended, once one has. */
  readonly #last: Promise<Outcome>
  #ended: (outcome: Outcome) => void = () => {}
  /** What all workers printed. */
  readonly #outcomes: Promise<Outcome>[] = []

  constructor(lab: Lab, subject: Subject, folder: string, server: PostgresServer) {
    this.#lab = lab
    this.#subject = subject
    this.#folder = folder
    this.#server = server
    this.#last = new Promise((resolve) => {
      this.#ended = (outcome) => {
        this.#isOver = true
        resolve(outcome)
      }
    })
    this.#workers = clocks.map((clock) => this.#startWorker(clock))
    this.#planner = this.#startPlanner()
  }

  /** Kills a victim while a trial runs, and starts it again. @returns false when the study is over before */
  async whileTraining(draw: Draw, victim: SharedVictim): Promise<boolean> {
    const ofWorker = victim === 'worker' || victim === 'process'
    for (; !this.#isOver; await setTimeout(20)) {
      const before = await this.#running()
      const busy = this.#workers.filter(({ pid }) => before.has(pid))
      if (busy.length === 0) continue
      const worker = draw.of(busy)
      const target = ofWorker ? worker : victim === 'planner' ? this.#planner : undefined
      target?.kill('SIGSTOP')
      await setTimeout(20) // what it has sent to the server is done by then
      const after = await this.#running()
      const isBusy = ofWorker ? after.has(worker.pid) : after.size > 0
      if (isBusy && !this.#isOver) {
        await this.#kill(victim, worker)
        return true
      }
      target?.kill('SIGCONT')
    }
    return false
  }

  /** Waits until the study has ended, and checks that no trial was counted twice. */
  async finish(): Promise<void> {
    succeeded(await this.#last)
    for (const worker of this.#workers.splice(0)) worker.kill('SIGTERM')
    const counted = new Map<string, number>()
    for (const outcome of await Promise.all(this.#outcomes)) {
      orderly(outcome, ['SIGKILL', 'SIGTERM'])
      const isAsked = outcome.signal !== null || outcome.code === 143 || hadNoServer(outcome)
      if (!isAsked)
        throw new Failure(`${outcome.command}: wanted no end, got ${outcome.code}\n${outcome.err}`)
      for (const [, id] of outcome.out.matchAll(/: trial (\d+) \w+ in [\d.]+ s$/gm))
        counted.set(id!, (counted.get(id!) ?? 0) + 1)
    }
    const twice = [...counted].find(([, times]) => times > 1)
    if (twice) throw new Failure(`trial ${twice[0]}: wanted it counted once, got ${twice[1]} times`)
    const open = this.#sql("SELECT count(*) FROM evenstep.trial WHERE status IS NULL OR status = 'failed'")
    if (open !== '0') throw new Failure(`trials: wanted all finished, got ${open} that are not`)
  }

  end(): void {
    this.#isOver = true
    for (const running of [this.#planner, ...this.#workers.splice(0)]) running.kill('SIGKILL', 'group')
  }

  async #kill(victim: SharedVictim, worker: Running): Promise<void> {
    if (victim === 'process') {
      for (const pid of childrenOf(worker.pid)) process.kill(pid, 'SIGKILL')
      worker.kill('SIGCONT')
    } else if (victim === 'worker') {
      const at = this.#workers.indexOf(worker)
      worker.kill('SIGKILL')
      this.#workers[at] = this.#startWorker(clocks[at]!)
    } else if (victim === 'planner') {
      this.#planner.kill('SIGKILL')
      const killed = this.#planner
      await killed.outcome
      this.#planner = this.#startPlanner()
    } else if (victim === 'database') {
      await this.#server.kill()
      this.#server.start()
    } else
      this.#sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      )
  }

  /** Returns the process ids of the workers with a trial whose lease holds. */
  async #running(): Promise<ReadonlySet<number>> {
    const [has] = await this.#server.values("SELECT to_regclass('evenstep.trial') IS NOT NULL")
    if (has !== 'true') return new Set()
    const where = 'status IS NULL AND worker IS NOT NULL AND due > clock_timestamp()'
    const names = await this.#server.values(`SELECT worker FROM evenstep.trial WHERE ${where}`)
    const own = `${hostname()}:`
    return new Set(names.flatMap((name) => (name.startsWith(own) ? [Number(name.slice(own.length))] : [])))
  }

  #sql(statements: string): string {
    return this.#server.sql('evenstep', statements)
  }

  #startWorker(clock: number): Running {
    const shift = `const real = Date.now; Date.now = () => real() + ${clock}`
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` }
    const own = ['--concurrency', '1', '--lease', String(lease)]
    const running = this.#start('worker', own, env)
    this.#outcomes.push(running.outcome)
    void running.outcome.then((outcome) => {
      const at = this.#workers.indexOf(running)
      if (at >= 0 && hadNoServer(outcome)) this.#workers[at] = this.#startWorker(clock)
    }, ignore)
    return running
  }

  #startPlanner(): Running {
    const running = this.#start('study', ['--out', this.#folder, '--json'])
    void running.outcome.then((outcome) => {
      if (running !== this.#planner) return
      if (hadNoServer(outcome)) this.#planner = this.#startPlanner()
      else if (outcome.signal === null) this.#ended(outcome)
    }, ignore)
    return running
  }

  #start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const file = this.#lab.fileOf(this.#subject)
    return this.#lab.start([command, file, '--database', this.#server.url(), ...args], { env, patience })
  }
}

/** Whether a command found no server when it started: whoever supervises it starts it again. */
const hadNoServer = ({ code, err }: Outcome): boolean =>
  code === 4 && /: wanted a PostgreSQL server that answers, got /.test(err)

const ignore = (): void => {}

export const killsOfSharedStudies: readonly Attack[] = [
  {
    name: 'kill-shared',
    group: 'shared-kills',
    lacking: () => (hasPostgres ? undefined : 'PostgreSQL is not installed'),
    async round({ lab, draw, folder, limit, tried }) {
      const kinds = ['process', 'worker', 'worker', 'planner', 'database', 'connections'] as const
      const victims = draw.list(Math.min(limit, 12), () => draw.of(kinds))
      const server = await PostgresServer.begin()
      try {
        await killSharedStudy(lab, shared, join(folder, 'study'), draw, {
          server,
          victims,
          pause: 400,
          // Connections that are cut come on top of the kills.
          tried: (victim) => victim !== 'connections' && tried(),
        })
      } finally {
        server.end()
      }
    },
  },
]
