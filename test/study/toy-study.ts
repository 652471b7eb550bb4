import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Outcome, start } from '../../scripts/soak/command.ts'
import type { Finished } from '../../src/study/analysis/findings.ts'
import type { StudyEvent } from '../../src/study/run/run-study.ts'

export { childrenOf, type Outcome } from '../../scripts/soak/command.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A file of a study of a small network: its rates from small to ones that diverge. */
export function toyStudy(folder: string, name: string, options: string, network: string = ''): string {
  const text = `
import { data, nn, ops, optim, study, train } from 'evenstep'
const make = (n: number) =>
  data.dataset({
    x: Float32Array.from({ length: 20 * n }, (_, i) => Math.sin(i * i)),
    y: Int32Array.from({ length: n }, (_, i) => Number(Math.sin(400 * i * i) > 0)),
    classes: 2,
  })
export default study.define({
  experiment: train.experiment({
    data: { train: make(640), validation: make(64) },
    model: () => new nn.Sequential(new nn.Linear(20, 32), new nn.ReLU(), new nn.BatchNorm1d(32), new nn.Linear(32, 2)),
    loss: ops.crossEntropy,
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9, weightDecay: 1e-3 }),
    batchSize: 8,
    epochs: 4,
    ${network}
  }),
  ${options}
})
`
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** `evenstep study` in a process group of its own. `seen` is called at each piece of its output. */
export const evenstepStudy = (
  args: readonly string[],
  seen?: (out: string, pid: number) => void,
): Promise<Outcome> => start(main, ['study', ...args], seen && { seen }).outcome

/** The whole lines of `--json`. */
export const eventsOf = (out: string): StudyEvent[] =>
  out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

/** The trials of a study that ended, from its folder. */
export const trialsOf = (folder: string): Finished[] =>
  JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')).trials

/** Trials without times, which differ from run to run. */
export const timeless = (trials: readonly Finished[]): object[] =>
  trials.map(({ result: { time, ...result }, ...trial }) => ({ ...trial, result }))
