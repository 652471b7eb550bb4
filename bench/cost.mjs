// What a thousand workers and data-parallel training would cost, from measured constants: `node bench/cost.mjs`.
// docs/cluster.md has the tables. Nothing of it runs on many machines: it is arithmetic.
//
//     --workers N              workers, each with one trial at a time (1000)
//     --server MS              processor time of the server for a trial, in ms (2.4), as bench/database.mjs measures it
//     --planner MS             the same of the planner (1.2)
//     --bytes N                bytes that a trial takes in the database (14000)
//     --analysis S             seconds to analyse 10,000 trials (2.1)
//     --heap MIB               MiB of the planner's heap at the start, and for each 10,000 trials (23,9)
//     --renewal MS             processor time of the server for a renewal of leases, in ms; measured if left out
//     --look MS                the same of a look for trials where there are none; measured if left out
//     --latency US             microseconds of an Allreduce of a few bytes by two ranks of one machine (4.3)
//     --large MB,MS            megabytes of an Allreduce by these, and its milliseconds (2.6,0.6)
//     --net NAME:MB:MS         a network: megabytes of its gradients, and milliseconds of a step of one rank; repeatable
//
// `--renewal` and `--look` are measured on a server of Debian's package postgresql, which runs for it.
import { parseArgs } from 'node:util'
import { createJiti } from 'jiti'

const text = (fallback) => ({ type: 'string', ...(fallback && { default: fallback }) })
const { values } = parseArgs({
  options: {
    workers: text('1000'),
    server: text('2.4'),
    planner: text('1.2'),
    bytes: text('14000'),
    analysis: text('2.1'),
    heap: text('23,9'),
    renewal: text(),
    look: text(),
    latency: text('4.3'),
    large: text('2.6,0.6'),
    net: { type: 'string', multiple: true, default: ['784-512-512-10:2.7:3.0', 'ResNet-20:1.1:618'] },
  },
})
const number = (name) => Number(values[name])
const numbers = (name) => values[name].split(',').map(Number)

/** Milliseconds of processor time that the server takes for each of many repetitions of a statement. */
async function measured() {
  const jiti = createJiti(import.meta.url)
  const { PostgresServer } = await jiti.import('../scripts/soak/postgres.ts')
  const { Connection } = await jiti.import('../src/study/shared/connection.ts')
  const { SharedStudy } = await jiti.import('../src/study/shared/shared-study.ts')
  const { TrialQueue } = await jiti.import('../src/study/shared/trial-queue.ts')
  const server = await PostgresServer.begin(['fsync=on', 'full_page_writes=on'])
  try {
    const connection = await Connection.open(server.url())
    const description = {
      experiment: {},
      factors: {},
      design: {},
      seeds: 1,
      metric: 'validationLoss',
      watch: false,
    }
    const sources = { entry: 'a.json', files: { 'a.json': '' } }
    const plan = { name: 'a', description, evenstep: '0', sources, file: 'a', origin: 'a', settings: [] }
    const study = await SharedStudy.begin(connection, { ...plan, models: false, priority: 0 })
    const asked = Array.from({ length: 500 }, (_, seed) => ({ settings: {}, seed, steps: 1, rung: 0 }))
    await study.ask(asked, () => [])
    const queue = new TrialQueue(connection, 'bench', 3600)
    const taken = []
    for (let one = await queue.take([1]); one; one = await queue.take([1])) taken.push(one)
    const each = async (body) => {
      const [before, times] = [server.cpu, 1000]
      for (let i = 0; i < times; i++) await body(i)
      return (1e3 * (server.cpu - before)) / times
    }
    return {
      renewal: await each((i) => queue.renew([taken[i % taken.length]])),
      look: await each(async () => (await queue.openStudies()) && queue.take([1])),
    }
  } finally {
    server.end()
  }
}

const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2))

const { renewal, look } =
  values.renewal && values.look ? { renewal: number('renewal'), look: number('look') } : await measured()
console.log(
  `a renewal takes ${renewal.toFixed(3)} ms of the server, a look for trials ${look.toFixed(3)} ms\n`,
)

/** Seconds between renewals at the usual lease, and between looks of an idle worker. */
const [renewing, looking] = [10, 2]
const workers = number('workers')
const lengths = [1, 10, 60, 600]
console.log(
  table(
    ['seconds of a trial', 'trials a second', 'cores of the server', 'cores of the planner', 'GB a day'],
    lengths.map((seconds) => {
      const rate = workers / seconds
      const cores = (rate * number('server') + (workers / renewing) * renewal) / 1e3
      const planner = (rate * number('planner')) / 1e3
      return [seconds, rate, cores, planner, (rate * 86_400 * number('bytes')) / 1e9].map((value, i) =>
        i === 0 ? value : digits(value),
      )
    }),
  ),
)
console.log(`\n${workers} idle workers: ${digits(((workers / looking) * look) / 1e3)} cores of the server\n`)

const [start, more] = numbers('heap')
console.log(
  table(
    ['trials', 'processor time of the planner', 'its heap', 'analysis', 'database'],
    [1e4, 1e5].map((trials) => [
      trials.toLocaleString('en'),
      `${digits((trials * number('planner')) / 1e3)} s`,
      `${digits(start + (more * trials) / 1e4)} MiB`,
      `${digits((number('analysis') * trials) / 1e4)} s`,
      `${digits((trials * number('bytes')) / 1e9)} GB`,
    ]),
  ),
)

// A ring: each rank sends and receives 2 (N − 1) / N of the buffer, in 2 (N − 1) messages, to its neighbour.
const [mb, ms] = numbers('large')
const networks = [
  ['this machine', number('latency') / 2, mb / ms],
  ['InfiniBand, 100 Gbit/s', 2, 12.5],
  ['Ethernet, 10 Gbit/s', 30, 1.25],
  ['Ethernet, 1 Gbit/s', 50, 0.125],
]
const reduce = (ranks, megabytes, latency, bandwidth) =>
  (2 * (ranks - 1) * latency) / 1e3 + (2 * (ranks - 1) * megabytes) / ranks / bandwidth
for (const net of values.net) {
  const [name, size, step] = net.split(':')
  const speed = (ranks, every, [, latency, bandwidth]) =>
    (ranks * Number(step)) / (Number(step) + reduce(ranks, Number(size), latency, bandwidth) / every)
  console.log(`\n${name}: ${size} MB of gradients, ${step} ms a step\n`)
  console.log(
    table(
      ['network', ...[2, 8, 64].map((ranks) => `${ranks} ranks`), '64 ranks, averaged every 16 steps'],
      networks.map((one) => [
        one[0],
        ...[2, 8, 64].map((ranks) => `${speed(ranks, 1, one).toFixed(1)}×`),
        `${speed(64, 16, one).toFixed(1)}×`,
      ]),
    ),
  )
}
