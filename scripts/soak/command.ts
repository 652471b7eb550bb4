import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { Failure } from './attack.ts'

/** How a command ended, and what it printed. */
export interface Outcome {
  /** The command, for messages. */
  readonly command: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Program and arguments to run the command under, such as `strace`. */
  readonly under?: readonly string[]
  /** File to write stdout to. */
  readonly stdout?: string
  /** Called at each piece of the output with all of it so far. */
  readonly seen?: (out: string, pid: number) => void
  /** Milliseconds after which the command counts as hanging. @default 180,000 */
  readonly patience?: number
}

/** A command that runs in a process group of its own. */
export interface Running {
  readonly pid: number
  /** Resolves when the command has printed something, or has ended. */
  readonly said: Promise<unknown>
  /** Resolves when the command and all that share its output have ended. @throws {Failure} when it hangs */
  readonly outcome: Promise<Outcome>
  kill(signal?: NodeJS.Signals, whom?: 'process' | 'group'): void
}

/** Usual milliseconds after which a command counts as hanging. A study waits 60 s for workers of a killed one. */
const usual = 180_000

const live = new Map<number, ChildProcess>()

let isOver = false

/**
 * Starts the built command.
 *
 * @param main path of its file
 * @throws {Failure} after `endCommands`.
 */
export function start(main: string, args: readonly string[], options: StartOptions = {}): Running {
  if (isOver) throw new Failure('wanted no further command, since the soak is over')
  const { cwd, env, under = [], stdout, seen = () => {}, patience = usual } = options
  const [program = '', ...words] = [...under, process.execPath, main, ...args]
  const file = stdout === undefined ? undefined : openSync(stdout, 'w')
  const child = spawn(program, words, {
    detached: true,
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  })
  if (file !== undefined) closeSync(file)
  const pid = child.pid!
  live.set(pid, child)
  let [out, err] = ['', '']
  const said = new Promise((resolve) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk
      resolve(true)
      seen(out, pid)
    })
    child.on('close', resolve)
  })
  child.stderr!.on('data', (chunk) => {
    err += chunk
  })
  const command = ['evenstep', ...args].join(' ')
  const outcome = new Promise<Outcome>((resolve, reject) => {
    const timer = setTimeout(() => {
      signalTo(-pid, 'SIGKILL')
      reject(new Failure(`${command}: wanted an end within ${patience / 1e3} s, got none\n${err}`))
    }, patience)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      live.delete(pid)
      resolve({ command, code, signal, out, err })
    })
  })
  outcome.catch(() => {}) // reported by whoever awaits it
  const kill: Running['kill'] = (signal = 'SIGKILL', whom = 'process') => {
    if (live.has(pid)) signalTo(whom === 'group' ? -pid : pid, signal)
  }
  return { pid, said, outcome, kill }
}

/** Kills every command that still runs, with its workers, and lets no other one start. */
export function endCommands(): void {
  isOver = true
  for (const pid of live.keys()) signalTo(-pid, 'SIGKILL')
}

/** Sends a signal to a process, or to a group if the number is negative; it may have ended meanwhile. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The processes that a process started, where the system tells. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.trim().split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}
