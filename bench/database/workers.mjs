// Simulated workers, which take trials and finish them at once; `bench/database.mjs` starts them.
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { createJiti } from 'jiti'

const { url, trials, workers } = JSON.parse(process.argv[2])
const jiti = createJiti(import.meta.url)
const { Connection } = await jiti.import('../../src/study/shared/connection.ts')
const { TrialQueue } = await jiti.import('../../src/study/shared/trial-queue.ts')

const numbers = (count, of) => Array.from({ length: count }, (_, i) => of(i))
/** A result of the usual size: a curve of 100 points. */
function resultOf({ settings, seed }) {
  const loss = Math.abs(Math.log10(settings.lr)) + Math.sin(1e4 * seed + 1e6 * settings.lr) / 10
  const curve = { steps: numbers(100, (i) => 10 * i), lr: numbers(100, () => settings.lr) }
  const trainLoss = numbers(100, (i) => loss + 1 / (i + 1 + Math.sin(i)))
  return {
    ...{ status: 'done', steps: 1000, time: { training: 1, total: 1.5 } },
    metrics: { trainLoss: loss, validationLoss: loss, validationAccuracy: 0.5 },
    curve: { ...curve, trainLoss, validation: { steps: [999], loss: [loss] } },
  }
}
/** Files of the usual sizes: run.json, the log of a thousand steps, and trial.json. */
const files = [
  ['run.json', 2000],
  ['events.jsonl', 15_000],
].map(([name, size]) => ({
  name,
  bytes: gzipSync(numbers(size / 20, () => Math.random()).join('\n'), { level: 1 }),
}))

let left = trials
async function work(index) {
  const connection = await Connection.open(url)
  const queue = new TrialQueue(connection, `bench:${index}`, 30)
  while (left > 0) {
    const taken = await queue.take([1])
    if (taken === undefined) await setTimeout(20)
    else if (await queue.finish(taken, resultOf(taken.trial), files)) left--
  }
  await connection.close()
}
const before = process.cpuUsage()
await Promise.all(numbers(workers, work))
const { user, system } = process.cpuUsage(before)
process.send({ cpu: (user + system) / 1e6 })
process.disconnect()
