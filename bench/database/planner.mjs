// The planner of a study of empty trials; `bench/database.mjs` starts it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createJiti } from 'jiti'

const { url, trials, folder } = JSON.parse(process.argv[2])
const jiti = createJiti(import.meta.url)
const load = (file) => jiti.import(`../../src/${file}`)
const { loadStudy } = await load('cli/load.ts')
const { prepare, factsOf } = await load('study/run/prepared.ts')
const { finish } = await load('study/run/finish.ts')
const { Connection } = await load('study/shared/connection.ts')
const { runSharedStudy } = await load('study/shared/run-shared-study.ts')
const { readSources } = await load('study/shared/sources.ts')

mkdirSync(folder)
const file = join(folder, 'empty.json')
const network = {
  data: 'digits10x10',
  model: [['Linear', 100, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
}
writeFileSync(
  file,
  JSON.stringify({
    experiment: { ...network, batchSize: 64, epochs: 1 },
    name: 'empty',
    factors: {
      batchSize: [32, 64],
      schedule: ['constant', 'cosine', 'linear', 'oneCycle', 'wsd'],
      lr: { from: 0.001, to: 10, count: Math.round(trials / 100) },
    },
    seeds: 10,
  }),
)
const { study, experiment, origin } = await loadStudy(file)
const prepared = prepare(study, experiment, 'empty')
const connection = await Connection.open(url)
const planned = {
  ...{ name: 'empty', evenstep: '0', sources: readSources(origin), file, origin },
  ...{ settings: [], models: false, priority: 0 },
}
const heap = []
const measure = (done) => {
  globalThis.gc()
  const { heapUsed, rss } = process.memoryUsage()
  heap.push({ done, heapMiB: Math.round(heapUsed / 2 ** 20), rssMiB: Math.round(rss / 2 ** 20) })
}
let begun = performance.now()
let cpu = process.cpuUsage()
let planning
for await (const event of runSharedStudy(prepared, connection, { folder: join(folder, 'out'), planned })) {
  if (event.type === 'start') {
    planning = (performance.now() - begun) / 1e3
    begun = performance.now()
    cpu = process.cpuUsage()
    measure(0)
  }
  if (event.type === 'trial' && event.done % (event.total / 5) === 0) measure(event.done)
  if (event.type !== 'end') continue
  const seconds = (performance.now() - begun) / 1e3
  const cpuOf = ({ user, system }) => (user + system) / 1e6
  const taken = cpuOf(process.cpuUsage(cpu))
  cpu = process.cpuUsage()
  begun = performance.now()
  await finish(
    join(folder, 'out'),
    factsOf(prepared, event.finished, { command: 'bench', versions: {} }),
    event.finished,
  )
  const analysis = (performance.now() - begun) / 1e3
  const analysisCpu = cpuOf(process.cpuUsage(cpu))
  process.send({
    planning,
    seconds,
    trialsPerSecond: trials / seconds,
    cpu: taken,
    analysis,
    analysisCpu,
    heap,
  })
}
await connection.close()
process.disconnect()
