import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctorCommand } from '../../src/cli/doctor.ts'
import { evalCommand } from '../../src/cli/eval.ts'
import { exportCommand } from '../../src/cli/export.ts'
import { findLrCommand } from '../../src/cli/find-lr.ts'
import type { Output } from '../../src/cli/output.ts'
import { studyCommand } from '../../src/cli/study.ts'
import { trainCommand } from '../../src/cli/train.ts'

// What SECURITY.md promises: a folder or a file from a stranger is opened without running anything of theirs.
const folder = mkdtempSync(join(tmpdir(), 'evenstep-trust-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)

const commands: Readonly<Record<string, (output: Output) => Command>> = {
  doctor: doctorCommand,
  eval: evalCommand,
  export: exportCommand,
  'find-lr': findLrCommand,
  study: studyCommand,
  train: trainCommand,
}

/** Runs a command in this process. Returns what it prints. */
async function evenstep(name: string, ...args: string[]): Promise<string> {
  const printed: string[] = []
  const write = (text: string): void => void printed.push(text)
  const command = commands[name]!({ columns: 80, color: false, isTerminal: false, write })
  await command.exitOverride().parseAsync(args, { from: 'user' })
  return printed.join('')
}

const json = async (...args: [string, ...string[]]): Promise<Record<string, number>> =>
  JSON.parse(await evenstep(...args, '--json'))
const refused = (...args: [string, ...string[]]) => expect(evenstep(...args)).rejects

const code = `
import { data, nn, ops, optim, train } from 'evenstep'
import { appendFileSync } from 'node:fs'
appendFileSync(new URL('ran', import.meta.url), 'x')
const split = data.normalize(data.csv(new URL('rows.csv', import.meta.url).pathname, { label: 'kind', delimiter: ';' }), undefined)
`
const experiment = code
  .replace('data.normalize(', 'data.normalize({ train: ')
  .replace(
    "';' }), undefined)",
    "';' }), validation: data.csv(new URL('later.csv', import.meta.url).pathname, { label: 'kind', delimiter: ';' }) }, { per: 'feature' })",
  )
  .concat(`export default train.experiment({
  data: split,
  model: () => new nn.Sequential(new nn.Linear(2, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Linear(8, 3)),
  loss: ops.crossEntropy, optimizer: optim.sgd({ lr: 0.1 }), metrics: { f1: train.metrics.f1() }, batchSize: 16, epochs: 3,
})\n`)
const toy = {
  data: 'digits10x10',
  model: [['Linear', 100, 4], ['ReLU'], ['BatchNorm1d', 4], ['Linear', 4, 10]],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 64,
  steps: 4,
}

const rows = (n: number, from: number): string =>
  ['a;b;kind']
    .concat(
      Array.from({ length: n }, (_, i) => {
        const [k, t] = [i % 3, i + from]
        return `${Math.sin(t) * 2 + k * 3 + 400};${Math.cos(t * t) - k};${['cat', 'dog', 'owl'][k]}`
      }),
    )
    .join('\n')
const write = (name: string, text: string | object): void =>
  writeFileSync(at(name), typeof text === 'string' ? text : JSON.stringify(text))
const forget = (): void => rmSync(at('ran'), { force: true })

beforeAll(async () => {
  write('rows.csv', rows(150, 0))
  write('later.csv', rows(60, 1000))
  write('net.ts', experiment)
  write('toy.json', toy)
  await evenstep('train', at('net.ts'), '--out', at('run'))
  await evenstep('train', at('toy.json'), '--out', at('json'))
})

const fix = 'name the file with --experiment FILE if you trust it'
const differs = (name: string): string =>
  `${at(name)}: wanted the experiment of this run, got a model or a loss that computes something else; ` +
  'change it back, or begin another run'

describe('a run of your own', () => {
  test('is opened without more, on its file as on its validation data', async () => {
    const wanted = await json('eval', at('run'))
    expect(await json('eval', at('run'), '--best')).toEqual(wanted)
    const got = await json('eval', at('run'), '--on', at('later.csv'))
    expect(got.loss).toBeCloseTo(wanted.loss!, 5)
    expect([got.accuracy, got.f1]).toEqual([wanted.accuracy, wanted.f1])
    expect(await evenstep('doctor', at('run'), '--only', 'D19')).toContain('run · 27 steps')
  })

  test('is evaluated and exported elsewhere, without its code and its data', async () => {
    const here = await json('eval', at('run'))
    mkdirSync(at('colleague'))
    const run = at('colleague', 'run')
    cpSync(at('run'), run, { recursive: true })
    for (const name of ['net.ts', 'rows.csv']) renameSync(at(name), at(`${name}-away`))
    try {
      forget()
      for (const best of [[], ['--best']]) {
        const there = await json('eval', run, '--on', at('later.csv'), ...best)
        expect(there.loss).toBeCloseTo(here.loss!, 5)
        expect(await evenstep('export', run, at('there.onnx'), ...best)).toMatch(
          /there\.onnx: [\d,]+ bytes, x float32 \[N, 2\] to y\n$/,
        )
      }
      await refused('eval', run).toThrow(
        `${run}: wanted the experiment of this run, got ${at('net.ts')}, which does not exist; ${fix}`,
      )
      expect(existsSync(at('ran'))).toBe(false)
    } finally {
      for (const name of ['net.ts', 'rows.csv']) renameSync(at(`${name}-away`), at(name))
    }
  })
})

describe('a run whose experiment has changed is not computed with', () => {
  test('as code: it is not executed before it is named, and then compared', async () => {
    write('net.ts', experiment.replace('nn.ReLU()', 'nn.Tanh()'))
    forget()
    for (const command of ['eval', 'doctor']) {
      await refused(command, at('run')).toThrow(
        `${at('run')}: wanted the experiment of this run, got ${at('net.ts')}, which has changed since; change it back, or ${fix}`,
      )
    }
    expect(existsSync(at('ran'))).toBe(false)
    write('tanh.ts', experiment.replace('nn.ReLU()', 'nn.Tanh()'))
    for (const [command, ...file] of [['eval'], ['doctor'], ['export', at('x.onnx')]] as const) {
      const named = refused(command, at('run'), ...file, '--experiment', at('tanh.ts'))
      await named.toThrow(differs('run'))
    }
    write('net.ts', experiment)
    expect((await json('eval', at('run'))).loss).toBeGreaterThan(0)
  })

  test.each<[string, object, string]>([
    ['the model', { model: [...toy.model.slice(0, 1), ['Tanh'], ...toy.model.slice(2)] }, ''],
    [
      'the loss',
      { loss: { type: 'crossEntropy', labelSmoothing: 0.1 } },
      'loss "crossEntropy {\\"labelSmoothing\\":0.1}" where it was "crossEntropy"',
    ],
    ['the normalization', { normalization: 'layer' }, 'normalization "layer" where it was nothing'],
  ])('as JSON: %s', async (_, change, difference) => {
    write('toy.json', { ...toy, ...change })
    const wanted =
      difference === ''
        ? differs('json')
        : `${at('json')}: wanted the experiment of this run, got ${difference}`
    await refused('eval', at('json')).toThrow(wanted)
    if (difference === '') {
      await refused('doctor', at('json')).toThrow(wanted)
      await refused('train', at('toy.json'), '--out', at('json'), '--resume').toThrow(wanted)
    }
    write('toy.json', toy)
  })

  test('as data', async () => {
    write('rows.csv', rows(150, 7))
    write('again.ts', experiment) // a module that is loaded a second time does not read its data again
    await refused('eval', at('run'), '--experiment', at('again.ts')).toThrow(
      `${at('run')}: wanted the data that the run began with, got other data; use the same files`,
    )
    write('rows.csv', rows(150, 0))
  })
})

describe('from a stranger, nothing is executed', () => {
  const evil =
    "import { writeFileSync } from 'node:fs'\nwriteFileSync(new URL('pwned', import.meta.url), '')\nexport default {}"

  test.each<[string, (origin: Record<string, unknown>) => object]>([
    ['whatever run.json names', () => ({ file: at('gift', 'evil.js'), settings: [] })],
    ['with the seal of another run', (origin) => ({ ...origin, file: at('gift', 'evil.js') })],
  ])('of a folder, %s', async (_, forge) => {
    cpSync(at('run'), at('gift'), { recursive: true })
    writeFileSync(at('gift', 'evil.js'), evil)
    const { origin, ...rest } = JSON.parse(readFileSync(at('gift', 'run.json'), 'utf8'))
    writeFileSync(at('gift', 'run.json'), JSON.stringify({ ...rest, origin: forge(origin) }))
    const checkpoint = readdirSync(at('gift', 'checkpoints')).find((name) => name.startsWith('step'))!
    for (const [command, ...path] of [['eval'], ['doctor'], ['eval', 'checkpoints', checkpoint]] as const) {
      await refused(command, at('gift', ...path)).toThrow(
        `${at('gift')}: wanted the experiment of a run that was trained in this folder, got ${at('gift', 'evil.js')}, whose code would run; ${fix}`,
      )
    }
    await evenstep('export', at('gift'), at('gift.onnx'))
    await evenstep('eval', at('gift'), '--on', at('later.csv'))
    expect(existsSync(at('gift', 'pwned'))).toBe(false)
    rmSync(at('gift'), { recursive: true })
  })

  test('of a study in JSON, also one that is named by another', async () => {
    write('evil.js', evil)
    write('bad.json', { experiment: 'evil.js', factors: { lr: [0.1] } })
    write('outer.json', { experiment: 'bad.json', factors: { lr: [0.1] } })
    for (const [command, name] of [
      ['study', 'bad.json'],
      ['study', 'outer.json'],
      ['train', 'bad.json'],
      ['find-lr', 'bad.json'],
      ['doctor', 'bad.json'],
    ] as const) {
      await refused(command, at(name)).toThrow(
        `${at('bad.json')}: wanted the path of a JSON file as experiment, got "evil.js"; JSON runs no code: ` +
          'write the study in TypeScript or JavaScript to use it',
      )
    }
    expect(existsSync(at('pwned'))).toBe(false)
  })
})

test('code is compiled where no other user can put a file in its place', () => {
  const shared = join(tmpdir(), 'jiti')
  const name = folder.split('/').at(-1)!
  expect((existsSync(shared) ? readdirSync(shared) : []).filter((file) => file.startsWith(name))).toEqual([])
})
