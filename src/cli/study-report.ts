import { duration } from '../core/text.ts'
import { asLoss, ranked, type Scored } from '../study/analysis/cells.ts'
import type { Findings, Finished } from '../study/analysis/findings.ts'
import { chosenOn, testLines, testSentences } from '../study/analysis/tested.ts'
import { estimateText, scoreText, settingsText } from '../study/analysis/words.ts'
import { trialKey } from '../study/design/design.ts'
import type { Prepared } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import { seedsText } from '../study/seeds.ts'
import type { Trial } from '../study/trial.ts'
import type { Output } from './output.ts'
import { StatusLines } from './status-lines.ts'
import { WorkerLines } from './worker-lines.ts'

/** Maximum number of rows, one per combination of settings, in the table printed at the end. */
const rows = 5

/** Milliseconds between two drawings of the status lines. */
const redraw = 500

/** Sum of the scores of one combination of settings in one round, over the trials (seeds) finished so far. */
interface Total {
  readonly settings: Finished['settings']
  readonly round: number
  readonly sum: number
  readonly count: number
}

/** Prints a study's progress, with the best combination of settings so far, and its findings at the end. */
export class StudyReport {
  readonly #prepared: Prepared
  readonly #folder: string
  readonly #workers: number
  readonly #output: Output
  readonly #lines: StatusLines
  readonly #totals = new Map<string, Total>()
  #begun = 0
  /** Number of trials that were already finished when the study was resumed. */
  #before = 0
  /** Progress last printed, in units of 5 % of all trials; used only if there is no status line to redraw. */
  #reported = 0
  #lost = 0
  #done = 0
  #total = 0
  readonly #running: WorkerLines
  #timer: NodeJS.Timeout | undefined

  constructor(output: Output, prepared: Prepared, folder: string, workers: number) {
    this.#output = output
    this.#lines = new StatusLines(output)
    this.#prepared = prepared
    this.#folder = folder
    this.#workers = workers
    this.#running = new WorkerLines(workers)
  }

  event(event: StudyEvent): void {
    if (event.type === 'start') this.#start(event)
    if (event.type === 'begin') this.#begin(event.trial)
    if (event.type === 'trial') this.#trial(event)
    if (event.type === 'end') this.close()
  }

  /** Prints a study's findings, and the names of the files that store them. */
  findings(findings: Findings, files: readonly string[]): void {
    const { cells, answer, metric, tests = [] } = findings
    const last = cells.reduce((most, { rung }) => Math.max(most, rung), 0)
    const best = ranked(
      cells.filter(({ rung }) => rung === last),
      metric.goal,
    ).slice(0, rows)
    const line = ({ score, settings }: Scored): string =>
      `  ${estimateText(score, metric.name)}  ${settingsText(settings)}`
    const table = best.slice(0, 1).flatMap(({ steps }) => {
      const on = tests.length === 0 ? '' : `, ${chosenOn(metric.name)}`
      return ['', `best ${metric.name} after ${steps} steps, mean over seeds${on}:`, ...best.map(line)]
    })
    const stored = `stored in ${this.#folder}: ${[...files, 'study.db', 'trials'].join(', ')}`
    this.#lines.print(
      ['', ...answer, ...table, ...testLines(tests, testSentences(findings)), '', stored].join('\n'),
    )
  }

  /** Erases the status lines, which show the progress. */
  close(): void {
    clearInterval(this.#timer)
    this.#lines.clear()
  }

  #start({ finished, done, total }: StudyEvent & { readonly type: 'start' }): void {
    const { name, study, metric } = this.#prepared
    this.#begun = performance.now()
    this.#before = done
    this.#done = done
    this.#total = total
    for (const one of finished) this.#add(one)
    const about = [
      name,
      `${study.design.type} of ${total} trials`,
      seedsText(study.seeds),
      `${this.#workers} at a time`,
      `judged by ${metric.name}`,
    ]
    this.#lines.print(`${about.join(' · ')}\n${done === 0 ? '' : `resuming after ${done} trials\n`}`)
  }

  #begin(trial: Trial): void {
    this.#running.begin(trial)
    // The lines say for how long each trial has run.
    if (this.#output.isTerminal) this.#timer ??= setInterval(() => this.#draw(), redraw).unref()
  }

  /** Draws the progress, with a line for each worker. */
  #draw(): void {
    this.#lines.draw(this.#progress(this.#done, this.#total), ...this.#running.lines())
  }

  #trial({ finished, done, total }: StudyEvent & { readonly type: 'trial' }): void {
    this.#add(finished)
    this.#running.end(finished)
    this.#done = done
    this.#total = total
    const { id, result } = finished
    if (result.status === 'failed') this.#lines.print(`trial ${id} failed: ${result.error}`)
    const twentieths = Math.floor((20 * done) / total)
    if (this.#output.isTerminal) this.#draw()
    else if (done === total || twentieths > this.#reported) {
      this.#reported = twentieths
      this.#lines.print(this.#progress(done, total))
    }
  }

  #progress(done: number, total: number): string {
    const seconds = (performance.now() - this.#begun) / 1e3
    const left = Math.ceil(((total - done) * seconds) / (done - this.#before))
    const isKnown = done > this.#before // not before the first trial has ended
    const best = this.#best()
    const { name, goal } = this.#prepared.metric
    const score = best && scoreText(asLoss(best.sum / best.count, goal), name)
    return [
      `${done} of ${total} trials`,
      ...(done < total ? (isKnown ? [`${duration(left)} left`] : []) : [duration(Math.round(seconds))]),
      ...(best ? [`best ${name} ${score}: ${settingsText(best.settings)}`] : []),
      ...(this.#lost > 0 ? [`${this.#lost} diverged or failed`] : []),
    ].join(' · ')
  }

  #add(finished: Finished): void {
    const { settings, rung: round, result } = finished
    if (result.status !== 'done') this.#lost++
    const key = trialKey({ ...finished, seed: 0 })
    const { sum, count } = this.#totals.get(key) ?? { sum: 0, count: 0 }
    const loss = this.#prepared.space.scoreOf(finished)
    this.#totals.set(key, { settings, round, sum: sum + loss, count: count + 1 })
  }

  /** Returns the settings with the best mean score in the latest round with scores, if any. */
  #best(): Total | undefined {
    const all = [...this.#totals.values()].filter(({ sum }) => Number.isFinite(sum))
    return all.sort((a, b) => b.round - a.round || a.sum / a.count - b.sum / b.count)[0]
  }
}
