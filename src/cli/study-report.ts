import { duration } from '../core/text.ts'
import { asLoss, ranked, type Scored } from '../study/analysis/cells.ts'
import type { Findings, Finished } from '../study/analysis/findings.ts'
import { chosenOn, testLines, testSentences } from '../study/analysis/tested.ts'
import { estimateText, scoreText, settingsText } from '../study/analysis/words.ts'
import { trialKey } from '../study/design/design.ts'
import type { Prepared } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'
import { seedsText } from '../study/seeds.ts'
import { type Output, StatusLine } from './output.ts'

/** Maximum number of rows, one per combination of settings, in the table printed at the end. */
const rows = 5

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
  readonly #workers: number | string
  readonly #output: Output
  readonly #line: StatusLine
  readonly #totals = new Map<string, Total>()
  #begun = 0
  /** Number of trials that were already finished when the study was resumed. */
  #before = 0
  /** Progress last printed, in units of 5 % of all trials; used only if there is no status line to redraw. */
  #reported = 0
  #lost = 0

  /** @param workers number of trials at a time, or the address of the database whose workers run them */
  constructor(output: Output, prepared: Prepared, folder: string, workers: number | string) {
    this.#output = output
    this.#line = new StatusLine(output)
    this.#prepared = prepared
    this.#folder = folder
    this.#workers = workers
  }

  event(event: StudyEvent): void {
    if (event.type === 'start') this.#start(event)
    if (event.type === 'trial') this.#trial(event)
  }

  /** Prints a study's findings, and the names of the files and folders that store them. */
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
    const stored = `stored in ${this.#folder}: ${files.join(', ')}`
    this.#line.print(
      ['', ...answer, ...table, ...testLines(tests, testSentences(findings)), '', stored].join('\n'),
    )
  }

  /** Erases the status line, which shows the progress. */
  close(): void {
    this.#line.clear()
  }

  #start({ finished, done, total }: StudyEvent & { readonly type: 'start' }): void {
    const { name, study, metric } = this.#prepared
    this.#begun = performance.now()
    this.#before = done
    for (const one of finished) this.#add(one)
    const about = [
      name,
      `${study.design.type} of ${total} trials`,
      seedsText(study.seeds),
      typeof this.#workers === 'number' ? `${this.#workers} at a time` : `by workers of ${this.#workers}`,
      `judged by ${metric.name}`,
    ]
    this.#line.print(`${about.join(' · ')}\n${done === 0 ? '' : `resuming after ${done} trials\n`}`)
  }

  #trial({ finished, done, total }: StudyEvent & { readonly type: 'trial' }): void {
    this.#add(finished)
    const { id, result } = finished
    if (result.status === 'failed') this.#line.print(`trial ${id} failed: ${result.error}`)
    const twentieths = Math.floor((20 * done) / total)
    if (this.#output.isTerminal) this.#line.draw(this.#progress(done, total))
    else if (done === total || twentieths > this.#reported) {
      this.#reported = twentieths
      this.#line.print(this.#progress(done, total))
    }
  }

  #progress(done: number, total: number): string {
    const seconds = (performance.now() - this.#begun) / 1e3
    const left = Math.ceil(((total - done) * seconds) / (done - this.#before))
    const best = this.#best()
    const { name, goal } = this.#prepared.metric
    const score = best && scoreText(asLoss(best.sum / best.count, goal), name)
    return [
      `${done} of ${total} trials`,
      done < total ? `${duration(left)} left` : duration(Math.round(seconds)),
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
