// What ONNX Runtime's telemetry costs a training step: `npm run build && node bench/telemetry.mjs`. Trains with it and
// without it in turn, in two processes, and prints the medians and their ratio. What it stores stays in a temporary folder.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Contender } from './contender.mjs'
import { load } from './machine.mjs'
import { median, summary } from './statistics.mjs'
import { examplesOf, workloads } from './workloads.mjs'

const [rounds, ms] = [15, 200]
const home = mkdtempSync(join(tmpdir(), 'evenstep-telemetry-'))
const start = (name, value) =>
  Contender.start(name, 'env', [
    `ORT_DISABLE_TELEMETRY=${value}`,
    `HOME=${home}`,
    `TMPDIR=${home}`,
    process.execPath,
    'contenders/evenstep.mjs',
  ])

const sides = [await start('with telemetry', '0'), await start('without', '1')]
console.log(`load ${load()[0]} at the start, ${rounds} rounds`)
const names = ['100-100-10 with SGD', '784-100-100-100-10 with SGD']
for (const net of workloads.filter(({ name }) => names.includes(name))) {
  const { x, y } = examplesOf(net)
  writeFileSync(join(home, 'x'), x)
  writeFileSync(join(home, 'y'), y)
  const times = new Map(sides.map((side) => [side, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? sides : sides.toReversed()
    for (const side of order) times.get(side).push((await side.burst(net, home, ms)).microseconds)
  }
  const [on, off] = sides.map((side) => times.get(side))
  const ratio = median(on.map((value, round) => value / off[round]))
  for (const [side, values] of times) {
    const { median, min, max } = summary(values)
    console.log(`${net.name}: ${side.name} ${median} µs a step (${min}–${max})`)
  }
  console.log(`${net.name}: with ÷ without, median of the rounds: ${ratio.toFixed(3)}`)
}
for (const side of sides) await side.stop()
const stored = existsSync(join(home, '.cache/Microsoft'))
console.log(`with telemetry, ONNX Runtime ${stored ? 'stored' : 'did not store'} an identifier and events`)
rmSync(home, { recursive: true, force: true })
