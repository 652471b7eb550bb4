import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, type Running, type StartOptions, start } from './command.ts'
import { succeeded } from './same.ts'
import { experiments, type Subject, sharedStudies, studies } from './subjects.ts'

/** A folder with the files of all subjects, their undisturbed runs and studies, and the command to disturb. */
export class Lab {
  readonly root: string
  readonly #main: string
  readonly #undisturbed = new Map<string, Promise<string>>()

  /** @param main path of the built command's file */
  constructor(root: string, main: string) {
    this.root = root
    this.#main = main
    // Another user must be able to use them.
    chmodSync(root, 0o755)
    for (const folder of ['files', 'whole', 'home']) mkdirSync(join(root, folder), { recursive: true })
    chmodSync(join(root, 'home'), 0o777)
    for (const { files } of [...experiments, ...studies, ...sharedStudies]) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'files', name), text)
    }
  }

  /** Path of a subject's file. */
  fileOf({ file }: Subject): string {
    return join(this.root, 'files', file)
  }

  /** Starts a command. What it and its libraries keep for the user or temporarily stays in the lab's folder. */
  start(args: readonly string[], { env, ...options }: StartOptions = {}): Running {
    const home = join(this.root, 'home')
    return start(this.#main, args, { ...options, env: { HOME: home, TMPDIR: home, ...env } })
  }

  /** Runs a command to its end. */
  evenstep(args: readonly string[], options?: StartOptions): Promise<Outcome> {
    return this.start(args, options).outcome
  }

  /** Starts training in the folder `run`, or resumes the run there. */
  train(subject: Subject, run: string, options?: StartOptions): Running {
    const resume = existsSync(run) ? ['--resume'] : []
    return this.start(['train', this.fileOf(subject), '--out', run, ...resume], options)
  }

  /** Trains to the end. @throws {Failure} when that fails, unless the run has ended already */
  async trained(subject: Subject, run: string, options?: StartOptions): Promise<void> {
    const outcome = await this.train(subject, run, options).outcome
    if (!hasEnded(outcome)) succeeded(outcome)
  }

  /** Starts a study in the folder `out`, or resumes the study there. */
  study(subject: Subject, out: string, options?: StartOptions): Running {
    return this.start(['study', this.fileOf(subject), '--out', out, '--workers', '2', '--json'], options)
  }

  /** Resolves to the folder of an undisturbed run or study of the subject. */
  undisturbed(subject: Subject): Promise<string> {
    const { name } = subject
    const known = this.#undisturbed.get(name)
    if (known !== undefined) return known
    const folder = join(this.root, 'whole', name)
    const begun = [...studies, ...sharedStudies].includes(subject)
      ? this.study(subject, folder)
      : this.train(subject, folder)
    const made = begun.outcome.then((outcome) => {
      succeeded(outcome)
      return folder
    })
    this.#undisturbed.set(name, made)
    return made
  }
}

/** Whether a command refused to resume a run because it has ended: it was killed after its last write. */
export const hasEnded = ({ code, err }: Outcome): boolean =>
  code === 2 && /wanted a run to resume, got one that (ended|a controller stopped)/.test(err)
