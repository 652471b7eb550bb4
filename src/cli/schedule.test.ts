import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { EvenstepError } from '../core/errors.ts'
import { printable } from './output.ts'
import { scheduleCommand } from './schedule.ts'

async function run(args: readonly string[], columns = 60, color = false): Promise<string> {
  const parts: string[] = []
  const output = {
    columns,
    color,
    isTerminal: false,
    write: (part: string) => void parts.push(printable(part)),
  }
  const command = scheduleCommand(output)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  await command.parseAsync(args, { from: 'user' })
  return parts.join('')
}

test('percentages are of the steps shown', async () => {
  const line = JSON.parse(await run(['warmup 5% + cosine 0.1 to 0', '--steps', '40', '--json'], 80))
  expect(line.text).toBe('warmup 2 + cosine 0.1 to 0 over 38')
  expect(line.values).toHaveLength(40)
})

test('one schedule is drawn in braille, with axes', async () => {
  expect(await run(['cosine 0.1 to 0 over 100', '--steps', '100'], 40)).toMatchInlineSnapshot(`
    "  0.1 ┤⠉⠙⠒⠲⢤⡀
          │     ⠙⠲⣄
          │       ⠈⠳⣄
          │         ⠈⠳⡄
          │           ⠙⣆
          │            ⠈⠳⡄
          │              ⠙⣆
     0.05 ┤               ⠈⠧⡄
          │                 ⠙⣆
          │                  ⠈⢧⡀
          │                    ⠙⣆
          │                     ⠘⢲⡀
          │                       ⠙⢦⡀
          │                         ⠙⠲⣄
        0 ┤                           ⠈⠙⠲⠤⣄⣀
          └─────────────────────────────────
           0                         step 99
           cosine 0.1 to 0 over 100   peak 0.1 at 0, last 2.47e-5, mean 0.0505
    "
  `)
})

test('several schedules have a mark each, without colour', async () => {
  expect(
    await run(['linear 0 to 1 over 99', '{"type":"constant","value":0.5}', '--steps', '100'], 40),
  ).toMatchInlineSnapshot(`
    "   1 ┤                               ●●●
         │                             ●●●
         │                           ●●●
         │                        ●●●●
         │                      ●●●
         │                    ●●●
         │                 ●●●●
     0.5 ┤++++++++++++++++++++++++++++++++++
         │            ●●●●
         │          ●●●
         │        ●●●
         │     ●●●●
         │   ●●●
         │ ●●●
       0 ┤●●
         └──────────────────────────────────
          0                          step 99
          ● linear 0 to 1 over 99   peak 1 at 99, last 1, mean 0.5
          + 0.5   peak 0.5 at 0, last 0.5, mean 0.5
    "
  `)
})

test('colours are escape codes, and only there when asked for', async () => {
  const args = ['0.1', '0.2', '--steps', '10']
  expect(await run(args, 40, true)).toContain('\u001b[36m●\u001b[0m')
  expect(await run(args)).not.toContain('\u001b')
})

test('no line is wider than the terminal', async () => {
  const plot = await run(['step 0.1 times 0.5 every 10', '--steps', '50'], 50)
  const drawn = plot.split('\n').slice(0, -2)
  expect(drawn.every((line) => line.length <= 50)).toBe(true)
})

test('--with momentum draws a second panel', async () => {
  const plot = await run(['oneCycle 0.1 over 100', '--steps', '100', '--with', 'momentum'])
  expect(plot).toContain('value\n')
  expect(plot).toContain('momentum\n')
  expect(plot).toContain('0.85')
})

test('--json prints a line of JSON for each schedule', async () => {
  const lines = (await run(['0.5', 'step 1 times 0.1 every 2', '--steps', '3', '--json']))
    .trimEnd()
    .split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { text: '0.5', spec: { type: 'constant', value: 0.5 }, values: [0.5, 0.5, 0.5] },
    {
      text: 'step 1 times 0.1 every 2',
      spec: { type: 'step', initial: 1, stepSize: 2, gamma: 0.1 },
      values: [1, 1, 0.1],
    },
  ])
})

test('--csv prints a line for each step', async () => {
  expect(await run(['0.5', '1', '--steps', '2', '--csv'])).toBe('step,0.5,1\n0,0.5,1\n1,0.5,1\n')
  const spec = "lambda(0.1, 'max(0, 1 - step)')"
  expect(await run([spec, '--steps', '1', '--csv'])).toBe(
    `step,"lambda(0.1, factor: 'max(0, 1 - step)')"\n0,0.1\n`,
  )
})

test('--svg writes an image with a title, axes and a legend, and nothing from elsewhere', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'evenstep-')), 'plot.svg')
  await run(["lambda(0.1, 'step < 5 ? 1 : 0.5')", 'oneCycle 0.1 over 5000', '--steps', '5000', '--svg', file])
  const image = readFileSync(file, 'utf8')
  expect(image).toContain(
    "<title>lambda(0.1, factor: 'step &lt; 5 ? 1 : 0.5'), oneCycle 0.1 over 5000</title>",
  )
  expect(image.match(/<path [^>]*stroke-width="1.5"/g)).toHaveLength(2)
  expect(image).toContain('>step</text>')
  expect(image).not.toMatch(/<script|href|url\(|@import|NaN|Infinity/)
  expect(image.length).toBeLessThan(100_000)
})

test.each([
  [['0.1'], "required option '--steps <n>' not specified"],
  [
    ['0.1', '--steps', '0'],
    "option '--steps <n>' argument '0' is invalid. wanted an integer from 1 to 10000000, got 0",
  ],
  [['0.1', '--steps', '9', '--json', '--csv'], "option '--json' cannot be used with option '--csv'"],
  [
    ['0.1', '--steps', '9', '--with', 'beta'],
    "option '--with <curve>' argument 'beta' is invalid. Allowed choices are momentum.",
  ],
])('the options of %j are refused', async (args, message) => {
  const failure = run(args)
  await expect(failure).rejects.toBeInstanceOf(CommanderError)
  await expect(failure).rejects.toMatchObject({ message: `error: ${message}` })
})

test.each([
  [
    ['0.1', '--steps', '9', '--with', 'momentum'],
    'schedule.momentumOf: wanted a oneCycle or cyclic schedule, got "constant"; give momentum its own schedule',
  ],
  [
    ['{"type":"stpe"}', '--steps', '9'],
    /^schedule\.parse: wanted type as one of .*, got stpe; did you mean step\?$/,
  ],
  [
    ['cosine 0.1 over x', '--steps', '9'],
    `schedule.parse: wanted a number of steps or a percentage after 'over' in "cosine 0.1 over x", got x`,
  ],
  [['{"type"', '--steps', '9'], /^schedule\.parse: wanted JSON, got /],
])('%j is refused', async (args, message) => {
  const failure = run(args)
  await expect(failure).rejects.toBeInstanceOf(EvenstepError)
  await expect(run(args)).rejects.toThrow(message)
})
