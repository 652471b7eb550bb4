import { isScored } from '../study/analysis/cells.ts'
import type { Cell, Findings, Finished } from '../study/analysis/findings.ts'
import { estimateText, scoreText, settingsText } from '../study/analysis/words.ts'
import { trialKey } from '../study/design/design.ts'
import type { Prepared } from '../study/run/prepared.ts'
import type { StudyEvent } from '../study/run/run-study.ts'

/** Combinations in the table at the end. */
const rows = 5

/** Scores of one combination so far, added up. */
interface Sofar {
  readonly settings: Finished['settings']
  readonly rung: number
  readonly sum: number
  readonly count: number
}

/** Tells a person about a study: how far it is and what is best so far, and at the end what was found. */
export class StudyReport {
  readonly #prepared: Prepared
  readonly #folder: string
  readonly #workers: number
  readonly #sofar = new Map<string, Sofar>()
  #begun = 0
  #before = 0
  #lines = 0
  #wrong = 0

  constructor(prepared: Prepared, folder: string, workers: number) {
    this.#prepared = prepared
    this.#folder = folder
    this.#workers = workers
  }

  event(event: StudyEvent): void {
    if (event.type === 'start') this.#start(event)
    if (event.type === 'trial') this.#trial(event)
  }

  /** What the study says, and where it is. */
  findings({ cells, answer, metric }: Findings, files: readonly string[]): void {
    const last = cells.reduce((most, { rung }) => Math.max(most, rung), 0)
    const sign = metric.goal === 'max' ? -1 : 1
    const best = cells
      .filter(isScored)
      .filter(({ rung }) => rung === last)
      .sort((a, b) => sign * (a.score.value - b.score.value))
      .slice(0, rows)
    const line = (cell: Cell & { readonly score: NonNullable<Cell['score']> }): string =>
      `  ${estimateText(cell.score, metric.name)}  ${settingsText(cell.settings)}`
    this.#say(
      [
        '',
        ...answer,
        ...(best.length > 0
          ? ['', `best ${metric.name} after ${best[0]!.steps} steps, mean over seeds:`, ...best.map(line)]
          : []),
        '',
        `stored in ${this.#folder}: ${[...files, 'study.db', 'trials'].join(', ')}`,
      ].join('\n'),
    )
  }

  /** Leave the terminal as it was. */
  close(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K')
  }

  #start({ finished, done, total }: StudyEvent & { readonly type: 'start' }): void {
    const { name, study, metric } = this.#prepared
    this.#begun = performance.now()
    this.#before = done
    for (const one of finished) this.#add(one)
    const about = [
      name,
      `${study.design.type} of ${total} trials`,
      `${study.seeds} ${study.seeds === 1 ? 'seed' : 'seeds'}`,
      `${this.#workers} at a time`,
      `judged by ${metric.name}`,
    ]
    this.#say(`${about.join(' · ')}\n${done === 0 ? '' : `going on after ${done} trials\n`}`)
  }

  #trial({ finished, done, total }: StudyEvent & { readonly type: 'trial' }): void {
    this.#add(finished)
    const { id, result } = finished
    if (result.status === 'failed') this.#say(`trial ${id} failed: ${result.error}`)
    const text = this.#progress(done, total)
    if (process.stdout.isTTY) {
      process.stdout.write(`\r\u001b[K${text.slice(0, (process.stdout.columns || 80) - 1)}`)
    } else if (done === total || Math.floor((20 * done) / total) > this.#lines) {
      this.#lines = Math.floor((20 * done) / total)
      this.#say(text)
    }
  }

  #progress(done: number, total: number): string {
    const seconds = (performance.now() - this.#begun) / 1e3
    const left = Math.ceil(((total - done) * seconds) / (done - this.#before))
    const best = this.#best()
    const { name, goal } = this.#prepared.metric
    const score = best && scoreText((goal === 'max' ? -1 : 1) * (best.sum / best.count), name)
    return [
      `${done} of ${total} trials`,
      ...(done < total ? [`${duration(left)} left`] : [duration(Math.round(seconds))]),
      ...(best ? [`best ${name} ${score}: ${settingsText(best.settings)}`] : []),
      ...(this.#wrong > 0 ? [`${this.#wrong} diverged or failed`] : []),
    ].join(' · ')
  }

  #add(finished: Finished): void {
    const { settings, rung, result } = finished
    if (result.status !== 'done') this.#wrong++
    const key = trialKey({ ...finished, seed: 0 })
    const { sum, count } = this.#sofar.get(key) ?? { sum: 0, count: 0 }
    const score = this.#prepared.space.scoreOf(finished)
    this.#sofar.set(key, { settings, rung, sum: sum + score, count: count + 1 })
  }

  /** Of the combinations in the last round so far, the one with the best mean. */
  #best(): Sofar | undefined {
    const all = [...this.#sofar.values()].filter(({ sum }) => Number.isFinite(sum))
    return all.sort((a, b) => b.rung - a.rung || a.sum / a.count - b.sum / b.count)[0]
  }

  #say(text: string): void {
    this.close()
    process.stdout.write(`${text}\n`)
  }
}

const duration = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
