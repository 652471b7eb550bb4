import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenedRun, open, type Prediction } from '../src/train/index.ts'
import { main, repository } from './support/command.ts'

// What docs/from-file-to-answer.md tells its reader to do is done here, step by step, in a folder of its own.

const page = readFileSync(join(repository, 'docs/from-file-to-answer.md'), 'utf8')
const blocksOf = (kind: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code]) => code!)
const [history, newRows, answers] = blocksOf('csv') as [string, string, string]
const commands = blocksOf('sh').flatMap((block) => block.trim().split('\n'))
const codeOf = (name: string): string =>
  [...blocksOf('ts'), ...blocksOf('js')].find((code) => code.startsWith(`// ${name}\n`))!

const folder = mkdtempSync(join(tmpdir(), 'evenstep-file-to-answer-'))
const example = join(repository, 'examples/serve')
const jiti = join(repository, 'node_modules/jiti/lib/jiti-cli.mjs')
const here = (name: string): string => join(folder, name)

/** Runs a command of the page, without the second that `npx` takes. */
const sh = (command: string): string => {
  expect(commands).toContain(command)
  const direct = command
    .replace('npx evenstep', `"${process.execPath}" "${main}"`)
    .replace('npx jiti', `"${process.execPath}" "${jiti}"`)
  const { stdout, stderr, status } = spawnSync(direct, { cwd: folder, shell: true, encoding: 'utf8' })
  expect([stderr, status]).toEqual([expect.not.stringMatching(/wanted/), 0])
  return stdout
}

let trained: string
let run: OpenedRun
beforeAll(async () => {
  mkdirSync(here('node_modules'))
  symlinkSync(repository, here('node_modules/evenstep'))
  symlinkSync(join(repository, 'node_modules/onnxruntime-web'), here('node_modules/onnxruntime-web'))
  for (const name of ['make-customers.mjs', 'predict.ts', 'serve.ts']) {
    writeFileSync(here(name), codeOf(name))
  }
  writeFileSync(here('new.csv'), newRows)
  sh('node make-customers.mjs')
  sh('npx evenstep init customers.csv --label churned')
  trained = sh('npx evenstep train customers.ts')
  run = await open(here('runs/customers-1'))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const customer = { customer: 'N1', plan: 'basic', months: 2, calls: 8 }

test('the file begins as the page shows, and the model learns from it', () => {
  expect(readFileSync(here('customers.csv'), 'utf8').startsWith(history)).toBe(true)
  expect(trained).toContain('runs/customers-1')
  expect(run.metrics!.validationAccuracy).toBeGreaterThan(0.85)
})

test('the experiment that init writes has what the page shows of it', () => {
  const linesOf = (code: string): string[] =>
    code.split('\n').map((line) => line.replace(/oneCycle 0\.00\d+/, 'oneCycle 0.00…'))
  const written = linesOf(readFileSync(here('customers.ts'), 'utf8'))
  const [, ...shown] = linesOf(codeOf('customers.ts')).filter((line) => line !== '' && !line.includes('// …'))
  expect(shown.length).toBeGreaterThan(20)
  let at = 0
  for (const line of shown) {
    expect(written.slice(at)).toContain(line)
    at = written.indexOf(line, at) + 1
  }
})

test('the test rows are predicted as the page shows', () => {
  const numbers = (text: string): number[] => (text.match(/\d+\.\d+/g) ?? []).map(Number)
  const printed = sh('npx evenstep eval runs/customers-1 --test')
  const shown = /^test data[^`]*/m.exec(page)![0]
  expect(printed.replace(/\d+\.\d+/g, '#')).toBe(shown.replace(/\d+\.\d+/g, '#'))
  for (const [i, number] of numbers(printed).entries())
    expect(Math.abs(number - numbers(shown)[i]!)).toBeLessThan(0.03)
})

test('the commands predict the new rows', async () => {
  const printed = sh('npx evenstep predict runs/customers-1 new.csv')
  const [first, ...rest] = printed.trim().split('\n')
  const [header, ...shown] = answers.trim().split('\n')
  expect(first).toBe(header)
  for (const [i, line] of rest.entries()) {
    const [no, yes, prediction] = shown[i]!.split(',')
    const [really, , predicted] = line.split(',')
    expect(predicted).toBe(prediction)
    expect(Math.abs(Number(really) - Number(no))).toBeLessThan(0.1)
    expect(Number(no) + Number(yes)).toBeCloseTo(1, 6)
  }
  expect(rest.map((line) => line.split(',').at(-1))).toEqual(['yes', 'no', expect.stringMatching(/yes|no/)])
  sh('npx evenstep predict runs/customers-1 new.csv --out answers.csv')
  expect(readFileSync(here('answers.csv'), 'utf8')).toBe(printed)
  const lines = sh('cat new.csv | npx evenstep predict runs/customers-1 - --format jsonl')
  expect(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).prediction),
  ).toEqual(rest.map((line) => line.split(',').at(-1)))
  const [wanted] = await run.predict([customer])
  expect(sh('npx jiti predict.ts')).toBe(`${wanted!.prediction} ${wanted!.probabilities!.yes}\n`)
  writeFileSync(here('new.csv'), newRows.replace('N2,team,40,0', 'N2,team,forty,0'))
  const { stderr } = spawnSync(process.execPath, [main, 'predict', 'runs/customers-1', 'new.csv'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(page).toContain(`\`\`\`\n${stderr}\`\`\``)
})

const isInstalled = existsSync(join(example, 'node_modules/hono'))

describe.skipIf(!isInstalled && !process.env.CI)('over HTTP, where examples/serve is installed', () => {
  let server: ChildProcess
  let url: string
  const post = (body: unknown): Promise<Response> =>
    fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

  beforeAll(async () => {
    if (!isInstalled)
      execFileSync('npm', ['install', '--prefix', example, '--prefer-offline'], { stdio: 'pipe' })
    for (const name of ['hono', '@hono'])
      symlinkSync(join(example, 'node_modules', name), here(`node_modules/${name}`))
    server = spawn(process.execPath, [jiti, 'serve.ts', 'runs/customers-1', '0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(server.stdout!, 'data')) as [Buffer]
    url = /http:\S+/.exec(String(said))![0]
  }, 60_000)
  afterAll(() => server?.kill())

  test('the example is what the page shows, and passes the type check', () => {
    const file = readFileSync(join(example, 'serve.ts'), 'utf8')
    expect(file.endsWith(codeOf('serve.ts').replace('// serve.ts\n', ''))).toBe(true)
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', example], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test('a list of rows is answered as by the library', async () => {
    const answer = await post([customer, { ...customer, months: 48, calls: 0 }])
    expect(answer.status).toBe(200)
    const wanted = await run.predict([customer, { ...customer, months: 48, calls: 0 }])
    expect(await answer.json()).toEqual(wanted)
    const curl = commands.find((command) => command.startsWith('curl'))!
    const [asked] = (await (await post(JSON.parse(/-d '(.*)'/.exec(curl)![1]!))).json()) as Prediction[]
    const [example] = JSON.parse(blocksOf('json')[0]!) as Prediction[]
    expect(asked!.prediction).toBe(example!.prediction)
    expect(asked!.probabilities!.yes).toBeCloseTo(example!.probabilities!.yes!, 2)
  })

  test('what does not fit is answered with status 400 and the reason', async () => {
    const { calls: _, ...lacking } = customer
    const list = { error: 'wanted a JSON list of 1 to 1000 rows, got something else' }
    const wrong: [unknown, object][] = [
      ['{', list],
      [{}, list],
      [[], list],
      [Array(1001).fill(customer), list],
      [[lacking], JSON.parse(blocksOf('json')[1]!)],
      [[customer, 7], { error: 'predict: wanted an object at row 1, got 7' }],
      [
        [{ ...customer, months: 'forty' }],
        {
          error:
            'predict: wanted a finite number at row 0, column months, got "forty"; correct it, or leave it empty if it is missing',
        },
      ],
    ]
    for (const [body, message] of wrong) {
      const answer = await post(body)
      expect([answer.status, await answer.json()]).toEqual([400, message])
    }
    expect((await fetch(url)).status).toBe(404)
  })

  test('a hundred requests at once are each answered with their own rows', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ ...customer, months: 1 + (i % 48), calls: i % 9 }))
    const answers = await Promise.all(
      rows.map(async (row) => ((await (await post([row])).json()) as Prediction[])[0]!),
    )
    const wanted = await run.predict(rows)
    for (const [i, { prediction, probabilities }] of answers.entries()) {
      expect(prediction).toBe(wanted[i]!.prediction)
      expect(probabilities!.yes).toBeCloseTo(wanted[i]!.probabilities!.yes!, 6)
    }
    // Last, since the server closes the connection.
    expect((await post(`[${' '.repeat(2 ** 20)}]`)).status).toBe(413)
  })
})

const executablePath = '/usr/bin/chromium'

describe.skipIf(!existsSync(executablePath))(`in a page in ${executablePath}, where it is installed`, () => {
  let browser: Browser
  let files: Server
  const source = readFileSync(join(repository, 'examples/web-predict/index.html'), 'utf8')

  beforeAll(async () => {
    sh('npx evenstep export runs/customers-1 customers.onnx')
    writeFileSync(here('index.html'), source)
    const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.wasm': 'application/wasm' }
    files = createServer(({ url = '' }, response) => {
      const path = here(new URL(url, 'http://localhost').pathname.replace(/\/$/, '/index.html'))
      if (!existsSync(path)) return response.writeHead(404).end()
      response.setHeader('content-type', types[extname(path)] ?? 'text/javascript')
      return response.end(readFileSync(path))
    }).listen(0)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    files?.close()
  })

  test('the form predicts as the library, and its script is the one that the page shows', async () => {
    const tab = await browser.newPage()
    tab.setDefaultTimeout(20_000)
    const errors: string[] = []
    tab.on('pageerror', (error) => errors.push(error.message))
    await tab.goto(`http://localhost:${(files.address() as AddressInfo).port}/`)
    await tab.fill('[name=months]', '5')
    await tab.click('button') // once the script has enabled it
    await tab.waitForFunction("document.querySelector('#answer').textContent !== ''")
    const [wanted] = await run.predict([{ customer: '', plan: 'basic', months: 5, calls: 5 }])
    const shown = Number(/[\d.]+$/.exec((await tab.textContent('#answer'))!)![0])
    expect(Math.abs(shown - wanted!.probabilities!.yes!)).toBeLessThan(1e-4)
    expect(errors).toEqual([])
    const flat = (text: string): string => text.replace(/\s+/g, ' ')
    expect(flat(source)).toContain(flat(blocksOf('html')[0]!).trim())
  })
})
