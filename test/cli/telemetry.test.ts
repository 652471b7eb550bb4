import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { main, type Outcome, together } from '../support/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-telemetry-'))
afterAll(() => rmSync(folder, { recursive: true }))

const experiment = {
  data: 'digits10x10',
  model: [
    ['Linear', 100, 4],
    ['BatchNorm1d', 4],
    ['Linear', 4, 10],
  ],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 64,
  steps: 4,
}

const library = new URL('../../dist/index.js', import.meta.url).href

/** Imports the library in a worker thread only; its main thread computes meanwhile. */
const threads = `
import { isMainThread, Worker } from 'node:worker_threads'
if (isMainThread) {
  new Worker(new URL(import.meta.url), { env: {} })
  for (const start = Date.now(); Date.now() < start + 100; );
} else {
  const { compile, ops } = await import(${JSON.stringify(library)})
  const step = await compile({ x: { shape: [1] } }, ({ x }) => ({ y: ops.add(x, x) }), { device: 'cpu' })
  console.log((await step({ x: new Float32Array([2]) })).y[0])
}
`

test('a worker thread leaves nothing either, though it alone imports the library', () => {
  const [home, temporary, work] = ['threads-home', 'threads-temporary', 'threads-work'].map((name) => {
    mkdirSync(join(folder, name))
    return join(folder, name)
  }) as [string, string, string]
  writeFileSync(join(work, 'threads.mjs'), threads)
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temporary }
  const printed = execFileSync(process.execPath, ['threads.mjs'], { cwd: work, env, encoding: 'utf8' })
  expect([printed, readdirSync(home), readdirSync(temporary)]).toEqual(['4\n', [], []])
})

/** Runs a command without any network, not even the loopback, where the system can take it away. */
const alone = ['unshare', '--map-root-user', '--net'] as const
const prefix = spawnSync(alone[0], [...alone.slice(1), 'true']).status === 0 ? alone : []

test('no command leaves anything in the home folder or the temporary folder', () => {
  const places = ['home', 'temporary', 'work'].map((name) => join(folder, name))
  for (const place of places) mkdirSync(place)
  const [home, temporary, work] = places as [string, string, string]
  writeFileSync(join(work, 'toy.json'), JSON.stringify(experiment))
  writeFileSync(
    join(work, 'study.json'),
    JSON.stringify({ experiment: 'toy.json', factors: { lr: [0.1, 0.2] }, seeds: 1, steps: 2 }),
  )
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temporary }
  const commands = [
    ['train', 'toy.json', '--out', 'run'],
    ['eval', 'run'],
    ['export', 'run', 'toy.onnx'],
    ['doctor', 'run'],
    ['find-lr', 'toy.json', '--steps', '20'],
    ['csv', 'run'],
    ['schedule', 'cosine 0.1 to 0', '--steps', '9'],
    ['study', 'study.json', '--workers', '1'],
  ]
  const [command, ...args] = [...prefix, process.execPath, together, main, JSON.stringify(commands)]
  const printed = execFileSync(command!, args, { cwd: work, env, encoding: 'utf8' })
  expect(JSON.parse(printed).map(({ code }: Outcome) => code)).toEqual(commands.map(() => 0))
  expect([readdirSync(home), readdirSync(temporary)]).toEqual([[], []])
})
