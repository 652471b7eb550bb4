import { train } from 'evenstep'
import type { NetSetting } from './experiment.ts'
import { hiddenPlaces } from './plan.ts'
import type { ProbeReport } from './probe.ts'
import { Series } from './series.ts'
import type { Change } from './setting.ts'
import type { ProbeAnswer, ProbeRequest } from './worker.ts'

/** What a net's run shares with those beside it. */
export interface Company {
  /** Whether a run may take more steps: not while it is paused or far ahead of others. */
  mayTrain(run: NetRun): boolean
  /** Resolves when that may have changed. */
  news(): Promise<void>
  /** Called after each event. */
  changed(): void
  /** Called when the net of a run was changed. */
  applied(run: NetRun): void
  /** Called with the reason when it was not. */
  refused(message: string): void
}

/** Milliseconds between two looks at what a net does. */
const lookEvery = 200

/** A net that trains in a worker: its events as curves, and what it does with some examples. */
export class NetRun {
  readonly series: Series = new Series()
  /** Losses of all steps: what is drawn is made of means. */
  readonly losses: number[] = []
  setting: NetSetting
  /** Number of steps taken. */
  steps = 0
  report: ProbeReport | undefined
  validation: { readonly loss: number; readonly accuracy: number } | undefined
  state: 'training' | 'done' | 'stopped' | 'failed' = 'training'
  message = ''
  /** Seconds spent on training steps. */
  seconds = 0
  readonly #worker: Worker
  readonly #run: train.WorkerRun
  readonly #company: Company
  readonly #waiting: ((step: number) => Change)[] = []
  #looked = 0

  constructor(worker: Worker, setting: NetSetting, company: Company) {
    this.#worker = worker
    this.setting = setting
    this.#company = company
    this.#run = train.inWorker(worker, setting)
  }

  /** Trains to the end. Never throws: an error is the run's message. */
  async follow(): Promise<void> {
    try {
      let begun = performance.now()
      for await (const event of this.#run) {
        if (event.type === 'steps') this.seconds += (performance.now() - begun) / 1e3
        this.#take(event)
        this.#company.changed()
        if (event.type === 'steps' && performance.now() - this.#looked > lookEvery) await this.look()
        await this.#turn()
        begun = performance.now()
      }
      if (this.state === 'training') this.state = 'stopped'
      await this.look()
    } catch (error) {
      this.state = 'failed'
      this.message = (error as Error).message
    }
    this.#company.changed()
  }

  /** Changes the net from its next step on. @param make returns the change, given the number of that step */
  change(make: (step: number) => Change): void {
    this.#waiting.push(make)
  }

  stop(): Promise<void> {
    return this.#run.stop()
  }

  /** Applies changes, and waits until the run may take more steps. */
  async #turn(): Promise<void> {
    for (;;) {
      for (const make of this.#waiting.splice(0)) await this.#apply(make(this.steps))
      if (this.#company.mayTrain(this)) return
      await this.#company.news()
    }
  }

  async #apply(change: Change): Promise<void> {
    if (this.state !== 'training') return
    const { net } = this.setting
    const next = { ...this.setting, net: { ...net, changes: [...net.changes, change] } }
    try {
      await this.#run.change(next)
      this.setting = next
      this.#company.applied(this)
    } catch (error) {
      this.#company.refused((error as Error).message)
    }
  }

  #take(event: train.TrainEvent): void {
    if (event.type === 'steps') this.#takeSteps(event)
    if (event.type === 'epoch') {
      this.validation = { loss: event.validationLoss, accuracy: event.validationAccuracy! }
      this.series.add('validation loss', event.steps, event.validationLoss)
      this.series.add('validation accuracy', event.steps, event.validationAccuracy!)
    }
    if (event.type === 'end') this.state = 'done'
  }

  #takeSteps({ step, losses, lrs, logs = {} }: train.StepsEvent): void {
    const columns = Object.entries({ loss: losses, rate: lrs, ...logs })
    for (const [name, values] of columns)
      for (let k = 0; k < values.length; k++) this.series.add(name, step + k, values[k]!)
    this.losses.push(...Array.from(losses))
    this.steps = step + losses.length
  }

  /** Asks the worker what the net does with some examples now. */
  async look(): Promise<void> {
    this.#looked = performance.now()
    const report = await ask(this.#worker)
    if (report === undefined) return
    this.report = report
    this.series.add('accuracy eval', this.steps, report.eval.accuracy)
    this.series.add('accuracy train', this.steps, report.train.accuracy)
    for (const [i, norm] of report.norms.entries()) this.series.add(`norm ${i}`, this.steps, norm)
  }
}

/** Returns the path of a net's normalization in the names of what is logged, by hidden layer. */
export const normPath = (layer: number, depth: number): number => hiddenPlaces({ depth })[layer]! + 1

let asked = 0

function ask(worker: Worker): Promise<ProbeReport | undefined> {
  const id = asked++
  return new Promise((resolve) => {
    const onAnswer = ({ data }: MessageEvent<Partial<ProbeAnswer> | undefined>): void => {
      if (data?.lab !== 'probe' || data.id !== id) return
      worker.removeEventListener('message', onAnswer)
      resolve(data.report)
    }
    worker.addEventListener('message', onAnswer)
    worker.postMessage({ lab: 'probe', id } satisfies ProbeRequest)
  })
}
