import { data, type nn, train } from 'evenstep'
import { dataFiles } from './data-files.ts'
import { dataSets } from './data-sets.ts'
import { experimentOf, type NetSetting, splitIn } from './experiment.ts'
import { Probe, type ProbeReport } from './probe.ts'

// Trains one net of the lab at a time: `train.serve` answers the page's run. Beside it, the page asks what the net of
// the last run does with some examples.

/** What the page asks beside its run. */
export interface ProbeRequest {
  readonly lab: 'probe'
  readonly id: number
}

export interface ProbeAnswer {
  readonly lab: 'probe'
  readonly id: number
  readonly report: ProbeReport | undefined
}

const splits = new Map<string, Promise<data.Split>>()

/** Returns a data set's split, which is loaded once. */
function splitOf(name: string): Promise<data.Split> {
  const known = splits.get(name)
  if (known) return known
  const { file } = dataSets[name]!
  const loading =
    file === undefined
      ? data.loadDigits10x10()
      : data.loadBytes(dataFiles[file]!).then((bytes) => splitIn(bytes, file))
  splits.set(name, loading)
  loading.catch(() => splits.delete(name)) // the next run tries again
  return loading
}

let probe: Probe | undefined

train.serve({
  net: async (setting: NetSetting) => {
    const split = await splitOf(setting.data)
    const experiment = experimentOf(setting, split)
    let model: nn.Module | undefined
    const live = (): nn.Module => {
      model = experiment.model(undefined as never)
      probe = new Probe(setting, split.validation, model)
      return model
    }
    return { ...experiment, model: live }
  },
})

self.addEventListener('message', async ({ data: asked }: MessageEvent<Partial<ProbeRequest> | undefined>) => {
  if (asked?.lab !== 'probe') return
  const report = await probe?.report().catch(() => undefined) // a net that has no weights yet
  self.postMessage({ lab: 'probe', id: asked.id!, report } satisfies ProbeAnswer)
})
