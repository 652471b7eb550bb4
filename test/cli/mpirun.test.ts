import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { commandIn, type Outcome } from '../support/command.ts'
import { hasMpirun, type Launched, mpirun, pidOfRank } from '../support/mpirun.ts'

const { folder, evenstep, together } = commandIn('evenstep-mpirun-')

const experiment = {
  data: { breastCancer: true, split: { validation: 0.2, seed: 0 }, normalize: { per: 'feature' } },
  model: [
    ['Linear', 30, 16, { bias: false }],
    ['BatchNorm1d', 16],
    ['ReLU'],
    ['Dropout', 0.1],
    ['Linear', 16, 2],
  ],
  loss: 'crossEntropy',
  optimizer: { type: 'sgd', lr: 0.1, momentum: 0.9 },
  batchSize: 32,
  epochs: 30,
  threads: 1,
  checkpoints: { everySteps: 20 },
}

const train = (out: string, ...more: string[]): string[] => ['train', 'net.json', '--out', out, ...more]
const read = (out: string, file: string): string => readFileSync(join(folder, out, file), 'latin1')
/** What a run wrote, without times. */
const written = (out: string): string[] => [
  read(out, 'events.jsonl').replace(/"time":\{[^}]*\}/g, ''),
  read(out, 'model.safetensors'),
]
const lossesOf = (out: string): number[] =>
  read(out, 'events.jsonl')
    .split('\n')
    .filter((line) => line.includes('"type":"step"'))
    .map((line) => JSON.parse(line).loss)

/** Waits for the first checkpoint of a run, in whose middle it then is. */
async function begun(out: string, { process }: Launched): Promise<void> {
  const checkpoints = join(folder, out, 'checkpoints')
  while (!existsSync(checkpoints) || !readdirSync(checkpoints).some((name) => /^\d+$|step/.test(name))) {
    if (process.exitCode !== null) throw new Error('the run has ended')
    await setTimeout(2)
  }
  expect(existsSync(join(folder, out, 'model.safetensors'))).toBe(false)
}

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'net.json'), JSON.stringify(experiment))
})

test('without MPI, nothing of it is loaded; with it, koffi is', async () => {
  const hook = `
    import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(\`
      export async function resolve(name, context, next) {
        if (/koffi/.test(name)) process._rawDebug('loads ' + name)
        return next(name, context)
      }\`))
  `
  writeFileSync(join(folder, 'hook.mjs'), hook)
  const { execFile } = await import('node:child_process')
  const { main } = await import('../support/command.ts')
  const alone = await new Promise<Outcome>((resolve) => {
    const args = ['--import', './hook.mjs', main, ...train('alone', '--set', 'epochs=1')]
    execFile(process.execPath, args, { cwd: folder }, (error, out, err) => {
      resolve({ code: error ? 1 : 0, out, err })
    })
  })
  expect(alone.code).toBe(0)
  expect(alone.err).not.toContain('loads')
  if (!hasMpirun) return
  const two = await mpirun(folder, 2, train('hooked', '--set', 'epochs=1'), ['--import', './hook.mjs']).ended
  expect(two.err.match(/loads koffi\b/g)).toHaveLength(2)
})

test('options of ranks are refused where they mean nothing', async () => {
  const [every, from, synced] = await together(
    train('x', '--average-every', '2'),
    train('x', '--average-from', '2'),
    train('x', '--batch-norm', 'local'),
  )
  const message = (name: string): string =>
    `train: wanted --${name} under mpirun, got one process; write mpirun -n 2 npx evenstep train …\n`
  expect(every).toEqual({ code: 2, out: '', err: message('average-every') })
  expect(from!.err).toBe(message('average-from'))
  expect(synced!.err).toBe(message('batch-norm'))
})

describe.skipIf(!hasMpirun)('under mpirun, where OpenMPI is installed', () => {
  beforeAll(async () => {
    const whole = await mpirun(folder, 2, train('whole')).ended
    expect(whole).toMatchObject({ code: 0, err: '' })
    expect(whole.out.match(/^epoch /gm)).toHaveLength(1) // rank 0 alone prints
    expect(whole.out).toContain('  mpirun -n 2 npx evenstep train net.json --seed 1\n')
    expect(whole.out).toContain('  npx evenstep find-lr net.json\n')
  })

  test('two ranks have the losses of two micro-batches, bit for bit', async () => {
    const plain = JSON.stringify({
      ...experiment,
      model: experiment.model.filter(([name]) => name !== 'Dropout'),
    })
    writeFileSync(join(folder, 'plain.json'), plain)
    const asked = ['--set', 'epochs=3']
    const two = mpirun(folder, 2, ['train', 'plain.json', '--out', 'plain', ...asked]).ended
    const micro = ['--set', 'batchSize=16', '--set', 'accumulate=2']
    await evenstep('train', 'plain.json', '--out', 'micro', ...asked, ...micro)
    expect((await two).code).toBe(0)
    expect(lossesOf('plain')).toHaveLength(42)
    expect(lossesOf('plain')).toEqual(lossesOf('micro'))
  })

  test('run.json has the number of ranks, and other commands need none', async () => {
    expect(JSON.parse(read('whole', 'run.json'))).toMatchObject({ ranks: 2, batchSize: 32 })
    const [evaluated, alone] = await together(
      ['eval', 'whole', '--experiment', 'net.json'],
      train('whole', '--resume', '--set', 'epochs=31'),
    )
    expect(evaluated).toMatchObject({ code: 0, err: '' })
    expect(alone).toEqual({
      code: 2,
      out: '',
      err: 'whole: wanted the experiment of this run, got ranks nothing where it was 2\n',
    })
    const four = await mpirun(folder, 4, train('whole', '--resume', '--set', 'epochs=31')).ended
    expect(four.code).toBe(2)
    expect(four.err.split('\n')[0]).toBe(
      'whole: wanted the experiment of this run, got ranks 4 where it was 2',
    )
    const done = await mpirun(folder, 2, train('whole', '--resume=auto')).ended
    expect(done).toEqual({ code: 0, out: 'whole: ended after 420 steps; nothing is left to do\n', err: '' })
  })

  test('all ranks stop after the same step when one is asked to, and resume to the same bytes', async () => {
    const stopped = mpirun(folder, 2, train('stopped'))
    await begun('stopped', stopped)
    process.kill(pidOfRank(stopped, 1), 'SIGTERM')
    const { code, err } = await stopped.ended
    expect(code).toBe(143)
    expect(err).toMatch(
      /^stopped after \d+ steps, saved in stopped; resume with mpirun -n 2 npx evenstep train net.json --out stopped --resume$/m,
    )
    const resumed = await mpirun(folder, 2, train('stopped', '--resume=auto')).ended
    expect(resumed.code).toBe(0)
    expect(written('stopped')).toEqual(written('whole'))
  })

  for (const rank of [0, 1]) {
    test(`when rank ${rank} is killed, the others end, and the run resumes to the same bytes`, async () => {
      const out = `killed-${rank}`
      const killed = mpirun(folder, 2, train(out))
      await begun(out, killed)
      process.kill(pidOfRank(killed, rank), 'SIGKILL')
      expect((await killed.ended).code).not.toBe(0)
      expect(existsSync(join(folder, out, 'model.safetensors'))).toBe(false)
      const resumed = await mpirun(folder, 2, train(out, '--resume')).ended
      expect(resumed.code).toBe(0)
      expect(written(out)).toEqual(written('whole'))
    })
  }

  test('local SGD stops, resumes and ends in the same bytes', async () => {
    const local = ['--average-every', '4', '--average-from', '28', '--batch-norm', 'local']
    expect((await mpirun(folder, 2, train('local', ...local)).ended).code).toBe(0)
    expect(JSON.parse(read('local', 'run.json'))).toMatchObject({
      ranks: 2,
      averageEvery: 4,
      averageFrom: 28,
    })
    expect(lossesOf('local').slice(0, 28)).toEqual(lossesOf('whole').slice(0, 28))
    expect(lossesOf('local').slice(30, 60)).not.toEqual(lossesOf('whole').slice(30, 60))
    const stopped = mpirun(folder, 2, train('broken', ...local))
    await begun('broken', stopped)
    process.kill(pidOfRank(stopped, 0), 'SIGTERM')
    expect((await stopped.ended).code).toBe(143)
    await mpirun(folder, 2, train('broken', '--resume', ...local)).ended
    expect(written('broken')).toEqual(written('local'))
  })

  test('mistakes are reported once, by rank 0', async () => {
    const three = await mpirun(folder, 3, train('three')).ended
    expect(three.code).toBe(2)
    expect(three.err.split('\n')[0]).toBe(
      'train: wanted a number of examples per step that 3 ranks can share, got 32; set batchSize to a multiple of 3, such as 33',
    )
    expect(three.err.match(/wanted/g)).toHaveLength(1)
    const synced = await mpirun(folder, 2, train('synced', '--batch-norm', 'synced')).ended
    expect(synced.err.split('\n')[0]).toContain('train: wanted --batch-norm local, got synced, ')
    const doctor = await mpirun(folder, 2, train('doctor', '--doctor')).ended
    expect(doctor.err.split('\n')[0]).toBe(
      'train: wanted one process with --doctor, got 2; run it without mpirun',
    )
  })
})
