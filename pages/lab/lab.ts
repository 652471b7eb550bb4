import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { fromHash, toHash } from './link.ts'
import { NetRun } from './net-run.ts'
import { type Change, defaultNet, defaultSetting, mostNets, type Net, type Setting } from './setting.ts'

// What the lab trains, and how far it is. The page reads the signals and calls the functions.

/** The setting that the page shows and the next run takes. */
export const setting = signal<Setting>(defaultSetting)
/** The runs of the nets, in order; those of the last training stay until the next. */
export const runs = signal<readonly NetRun[]>([])
/** Whether nets train, wait, or are not there. */
export const state = signal<'idle' | 'training' | 'paused'>('idle')
/** Rises when there is more to draw, at most once a frame. */
export const frame = signal(0)
/** Whether what is shown is of the statistics of the batch, as in training, or of running statistics. */
export const mode = signal<'eval' | 'train'>('eval')
/** What went wrong with the link, a setting or a run. */
export const complaint = signal('')

export const isBusy: ReadonlySignal<boolean> = computed(() => state.value !== 'idle')

/** Names of the nets: their places as letters. */
export const nameOf = (place: number): string => 'ABC'[place]!

const workers: Worker[] = []
let waiting: (() => void)[] = []
let isDrawn = true

/** Reads the setting in the address. */
export function readLink(): void {
  try {
    setting.value = fromHash(location.hash) ?? setting.value
    complaint.value = ''
  } catch (error) {
    complaint.value = `${(error as Error).message}. The page shows its first setting instead.`
  }
}

/** Changes the setting, and the address with it. */
export function edit(changes: Partial<Setting>): void {
  setting.value = { ...setting.value, ...changes }
  history.replaceState(null, '', toHash(setting.value))
}

export function editNet(place: number, changes: Partial<Net>): void {
  edit({ nets: setting.value.nets.map((net, i) => (i === place ? { ...net, ...changes } : net)) })
}

export function addNet(): void {
  const { nets } = setting.value
  if (nets.length < mostNets) edit({ nets: [...nets, { ...(nets.at(-1) ?? defaultNet), changes: [] }] })
}

export const removeNet = (place: number): void =>
  edit({ nets: setting.value.nets.filter((_, i) => i !== place) })

/** Trains all nets of the setting from their first step. */
export async function start(): Promise<void> {
  await stop()
  complaint.value = ''
  state.value = 'training'
  const { nets, ...shared } = setting.value
  while (workers.length < nets.length)
    workers.push(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }))
  const company = { mayTrain, news, changed, applied, refused: complain }
  const begun = nets.map((net, i) => new NetRun(workers[i]!, { ...shared, net }, company))
  runs.value = begun
  await Promise.all(begun.map((run) => run.follow()))
  if (runs.value !== begun) return
  state.value = 'idle'
  frame.value++
}

export function pause(): void {
  state.value = 'paused'
}

export function resume(): void {
  state.value = 'training'
  wake()
}

/** Ends the runs where they are. */
export async function stop(): Promise<void> {
  if (!isBusy.peek()) return
  state.value = 'training'
  const ending = runs.peek().map((run) => run.stop())
  wake()
  await Promise.all(ending)
  await until(() => !isBusy.peek())
}

/** Changes a net while it trains, from its next step on. */
export function intervene(place: number, change: (step: number) => Change): void {
  runs.value[place]?.change(change)
  wake()
}

/** Writes a change of a net that trains into the setting. */
function applied(run: NetRun): void {
  editNet(runs.peek().indexOf(run), { changes: run.setting.net.changes })
}

function complain(message: string): void {
  complaint.value = message
}

/** A run may be this many steps ahead of the slowest. */
const lead = 100

function mayTrain(run: NetRun): boolean {
  const others = runs.peek().filter((other) => other.state === 'training')
  const slowest = Math.min(...others.map(({ steps }) => steps))
  return state.peek() !== 'paused' && run.steps <= slowest + lead
}

const news = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))

function wake(): void {
  const all = waiting
  waiting = []
  for (const go of all) go()
}

function changed(): void {
  wake()
  if (!isDrawn) return
  isDrawn = false
  requestAnimationFrame(() => {
    isDrawn = true
    frame.value++
  })
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}
