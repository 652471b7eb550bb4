import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { data, type train } from 'evenstep'
import { afterAll, describe, expect, test } from 'vitest'
import { dataSets } from '../../pages/lab/data-sets.ts'
import { experimentOf, type NetSetting, splitIn } from '../../pages/lab/experiment.ts'
import { programOf } from '../../pages/lab/program.ts'
import { type Change, defaultNet, defaultSetting, type Net, type Setting } from '../../pages/lab/setting.ts'
import { loadExperiment } from '../../src/train/experiment-file.ts'
import { run, taskOf } from '../../src/train/train.ts'
import { repository } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-lab-'))
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (name: string): Buffer => readFileSync(join(repository, 'pages/lab/data', name))

const splits = new Map<string, data.Split>()
function splitOf(name: string): data.Split {
  const { file } = dataSets[name]!
  const split = splits.get(name) ?? (file === undefined ? data.digits10x10() : splitIn(fileOf(file), file))
  splits.set(name, split)
  return split
}

async function lossesOf(experiment: train.Experiment): Promise<number[]> {
  const losses: number[] = []
  for await (const event of run(experiment))
    if (event.type === 'steps') losses.push(...Array.from(event.losses))
  return losses
}

/** Trains a net as the lab does: each change is made at its step, to a net that trained without knowing of it. */
async function livelyLosses(setting: NetSetting): Promise<number[]> {
  const changes = [...setting.net.changes].sort((a, b) => a.step - b.step)
  const before = (count: number): train.Experiment =>
    experimentOf(
      { ...setting, net: { ...setting.net, changes: changes.slice(0, count) } },
      splitOf(setting.data),
    )
  const losses: number[] = []
  let progress: train.Progress | undefined
  let task: train.Task | undefined
  for (let count = 0; count <= changes.length; count++) {
    const end = changes[count]?.step ?? setting.steps
    const experiment = { ...before(count), steps: end }
    const next = taskOf({ ...experiment, scheduleSteps: setting.steps })
    for (const [name, variable] of task?.variables ?? []) next.variables.get(name)!.data = variable.data
    for (const [name, variable] of task?.optimizerState ?? [])
      next.optimizerState.get(name)!.data = variable.data
    task = next
    const options = { task, ...(progress && { progress }) }
    for await (const event of run({ ...experiment, scheduleSteps: setting.steps }, options)) {
      if (event.type === 'steps') losses.push(...Array.from(event.losses))
      progress = event.progress
    }
  }
  return losses
}

const steps = 60
const cases: Readonly<Record<string, readonly [Partial<Setting>, Partial<Net>]>> = {
  'a net as it is at first': [{}, {}],
  'no normalization, a constant rate': [
    { data: 'spirals' },
    { normalization: 'none', shape: '1', depth: 3, width: 20 },
  ],
  'larger weights, without momentum': [
    { data: 'dna' },
    { scale: 4, hiddenRate: 16, momentum: 0, statistics: 0.01, weightDecay: 0 },
  ],
  'a rate that was changed twice': [
    { data: 'heartbeats' },
    { normalization: 'layer', changes: [rate(20, 2), rate(40, 0.5)] },
  ],
  'a frozen net, then no decay': [
    {},
    {
      depth: 2,
      changes: [
        { step: 25, kind: 'freeze' },
        { step: 40, kind: 'noDecay' },
      ],
    },
  ],
  'decay that became a rate': [{ batchSize: 16 }, { rate: 0.3, changes: [{ step: 30, kind: 'decayFree' }] }],
  'all changes, without momentum': [
    { seed: 3 },
    {
      momentum: 0,
      shape: 'warmup 10% + cosine 1 to 0',
      changes: [rate(10, 3), { step: 20, kind: 'decayFree' }, { step: 35, kind: 'freeze' }, rate(50, 0.1)],
    },
  ],
}

function rate(step: number, factor: number): Change {
  return { step, kind: 'rate', factor }
}

describe('the experiment file of a net', () => {
  test.each(Object.entries(cases))('%s', async (name, [shared, own]) => {
    const net = { ...defaultNet, ...own }
    const setting = { ...defaultSetting, steps, ...shared, nets: [net] }
    const { nets: _, ...rest } = setting
    const { file } = dataSets[setting.data]!
    const program = programOf(setting, net, 'lab-a')
    const path = join(folder, `${name.replaceAll(/\W/g, '-')}.ts`) // a module is loaded once
    writeFileSync(
      path,
      file === undefined ? program : program.replaceAll(`'${file}'`, `'${join(folder, file)}'`),
    )
    if (file !== undefined) writeFileSync(join(folder, file), fileOf(file))
    const losses = await lossesOf(await loadExperiment(path))
    expect(losses).toHaveLength(steps)
    expect(losses).toEqual(await lossesOf(experimentOf({ ...rest, net }, splitOf(setting.data))))
    expect(losses).toEqual(await livelyLosses({ ...rest, net }))
  })
})
