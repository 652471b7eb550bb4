import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import { afterAll, describe, expect, test } from 'vitest'
import type { Cell, Findings } from '../../src/study/analysis/findings.ts'
import { writeReport } from '../../src/study/index.ts'
import { gridsOf } from '../../src/study/report/grid.ts'
import { html } from '../../src/study/report/html.ts'
import { markdown } from '../../src/study/report/markdown.ts'
import type { Value } from '../../src/study/trial.ts'
import { findingsFixture, raceFixture, singleCellFixture } from './findings-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-report-'))
afterAll(() => rmSync(root, { recursive: true }))

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

/** All elements of a page, in order. It has to parse without an error. */
function elementsOf(page: string): Element[] {
  const errors: string[] = []
  const document = parse(page, {
    onParseError: ({ code, startLine }) => errors.push(`${startLine}: ${code}`),
  })
  expect(errors).toEqual([])
  const all = (nodes: readonly Node[]): Element[] =>
    nodes.flatMap((node) =>
      'childNodes' in node && 'tagName' in node ? [node, ...all(node.childNodes)] : [],
    )
  return all(document.childNodes)
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value
}

function textOf(node: Node): string {
  if ('value' in node) return node.value
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

/** The texts of a table's rows, by its caption. */
function tableOf(elements: readonly Element[], caption: RegExp): string[][] {
  const table = elements.find(
    (one) =>
      one.tagName === 'table' &&
      one.childNodes.some((child) => /caption/.test(child.nodeName) && caption.test(textOf(child))),
  )
  if (!table) throw new Error(`no table ${caption}`)
  const rows = (node: Node): Element[] =>
    'tagName' in node && node.tagName === 'tr'
      ? [node]
      : 'childNodes' in node
        ? node.childNodes.flatMap(rows)
        : []
  return rows(table).map((row) => row.childNodes.filter((child) => 'tagName' in child).map(textOf))
}

const fixtures: Readonly<Record<string, Findings>> = {
  'of all': findingsFixture(),
  'of a race': raceFixture(),
  'without normalisation': findingsFixture({ normalizations: [] }),
  'of one cell': singleCellFixture(),
  'of nothing': { ...singleCellFixture(), cells: [], answer: [] },
}

describe.each(Object.entries(fixtures))('the page %s', (_, findings) => {
  const page = html(findings)

  test('is well-formed, its ids are its own, and what refers to one finds it', async () => {
    const elements = elementsOf(await page)
    const ids = elements.flatMap((one) => attribute(one, 'id') ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const named = elements.flatMap((one) => attribute(one, 'aria-labelledby')?.split(' ') ?? [])
    const linked = elements.flatMap((one) => attribute(one, 'href')?.slice(1) ?? [])
    for (const id of [...named, ...linked]) expect(ids).toContain(id)
  })

  test('needs nothing else: no script, no address but its own', async () => {
    const elements = elementsOf(await page)
    const loading = ['script', 'link', 'img', 'image', 'iframe', 'object', 'embed', 'use', 'base', 'form']
    expect(elements.filter(({ tagName }) => loading.includes(tagName))).toEqual([])
    expect(
      elements.flatMap((one) => attribute(one, 'href') ?? []).filter((to) => !to.startsWith('#')),
    ).toEqual([])
    expect(await page).not.toMatch(/https?:|url\((?!#)|@import|src=| on\w+=/i)
  })

  test('reads in order: one h1, and no level skipped', async () => {
    const levels = elementsOf(await page)
      .flatMap(({ tagName }) => /^h(\d)$/.exec(tagName)?.[1] ?? [])
      .map(Number)
    expect(levels.filter((level) => level === 1)).toEqual([1])
    for (const [i, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1)
  })

  test('has a name, a description and a table for each chart', async () => {
    const elements = elementsOf(await page)
    const panels = elements.filter((one) => attribute(one, 'class') === 'panel')
    for (const panel of panels) {
      const inside = elementsOfNode(panel)
      const svg = inside.find(({ tagName }) => tagName === 'svg')!
      expect(attribute(svg, 'role')).toBe('img')
      const [title, description] = elementsOfNode(svg)
      expect([title!.tagName, description!.tagName]).toEqual(['title', 'desc'])
      expect(textOf(description!).length).toBeGreaterThan(10)
    }
    const tables = elements.filter(({ tagName }) => tagName === 'table')
    expect(tables.length).toBeGreaterThanOrEqual(panels.length)
    for (const table of tables) {
      const inside = elementsOfNode(table)
      expect(inside[0]!.tagName).toBe('caption')
      const heads = inside.filter(({ tagName }) => tagName === 'th')
      expect(heads.every((head) => ['col', 'row'].includes(attribute(head, 'scope') ?? ''))).toBe(true)
    }
  })

  test('never writes what is no number', async () => {
    expect(await page).not.toMatch(/\bNaN\b|\bundefined\b|\bInfinity\b|\[object/)
    expect(markdown(findings)).not.toMatch(/\bNaN\b|\bundefined\b|\bInfinity\b|\[object/)
  })

  test('is made the same each time', async () => {
    expect(await html(findings)).toBe(await page)
  })
})

function elementsOfNode(node: Node): Element[] {
  return 'childNodes' in node
    ? node.childNodes.flatMap((child) => ('tagName' in child ? [child, ...elementsOfNode(child)] : []))
    : []
}

describe('the page shows', () => {
  const findings = findingsFixture()
  const elements = html(findings).then(elementsOf)

  test('the answer first', async () => {
    const body = textOf((await elements).find(({ tagName }) => tagName === 'main')!)
    const at = findings.answer.map((sentence) => body.indexOf(sentence))
    expect(at.every((place) => place > 0 && place < 700)).toBe(true)
    expect(body).toContain(
      'normalization (3) × schedule (6) × lr (7) · 126 combinations, 3 seeds · 378 trials, of which 38 diverged and 1 failed · judged by validationAccuracy, more is better',
    )
  })

  test('the score of each cell in its place', async () => {
    for (const kind of ['none', 'batch', 'layer']) {
      const [head, ...rows] = tableOf(await elements, new RegExp(`^validationAccuracy, ${kind}`))
      const cells = findings.cells.filter(({ settings }) => settings.normalization === kind)
      for (const cell of cells) {
        const row = rows.find(([name]) => name === cell.settings.schedule)!
        const text = row[head!.indexOf(`lr ${cell.settings.lr}`)]!
        expect(text.split(' ')[0]).toBe(cell.score ? cell.score.value.toFixed(4) : '×')
        expect(text.includes('1×')).toBe(cell.score !== undefined && cell.diverged === 1)
      }
      const best = cells.reduce((a, b) => ((b.score?.value ?? 0) > a.score!.value ? b : a))
      expect(rows.flat().filter((text) => text.includes('★'))).toEqual([`${best.score!.value.toFixed(4)} ★`])
    }
  })

  test('all that is known of each cell', async () => {
    const [head, ...rows] = tableOf(await elements, /^Each combination/)
    expect(head).toEqual([
      'normalization',
      'schedule',
      'lr',
      'steps',
      'mean',
      '95 % interval',
      'seeds',
      'diverged',
      'failed',
    ])
    expect(rows).toEqual(findings.cells.map(rowOf))
  })

  function rowOf({ settings, score, scores, diverged, failed }: Cell): string[] {
    const ends = score?.interval?.map((end) => end.toFixed(4)).join(' to ')
    return [
      ...Object.values(settings).map(String),
      '1,876',
      score?.value.toFixed(4) ?? '–',
      ends ?? '–',
      ...[Object.keys(scores).length, diverged, failed].map(String),
    ]
  }

  test('windows with their open ends', async () => {
    const rows = tableOf(await elements, /^Usable rates by normalization × schedule/)
    expect(rows[7]).toEqual([
      'batch · constant',
      '0.03 to ≥ 1',
      '1.52',
      '0.3',
      '0.9799',
      '0.9784 to 0.9814',
      '0.020',
    ])
    expect(rows.find(([name]) => name === 'none · step')!.slice(0, 3)).toEqual([
      'none · step',
      '0.03',
      '0.00',
    ])
    expect(rows.length).toBe(1 + findings.windows.length - 3)
  })

  test('shares, comparisons, curves, layers, drift, cost', async () => {
    const shares = tableOf(await elements, /^Share of variance/)
    expect(shares.slice(1, 4)).toEqual([
      ['normalization', '31.8 %'],
      ['lr', '26.4 %'],
      ['normalization × lr', '21.7 %'],
    ])
    const compared = tableOf(await elements, /^Differences a − b/)
    expect(compared[1]).toEqual([
      'batch · constant · lr 0.3',
      'none · constant · lr 0.03',
      '0.0165',
      '0.0125 to 0.0205',
      '3',
      '0.024',
      '0.048',
      'a is better than b by 1.7 points',
    ])
    expect(compared.length).toBe(1 + findings.comparisons.length)
    const curve = tableOf(await elements, /^Losses, cosine/)
    expect(curve[0]).toEqual([
      'step',
      ...['none, lr 0.03', 'batch, lr 0.3', 'layer, lr 0.1'].flatMap((one) => [one, `${one}, validation`]),
    ])
    expect([curve[1]![0], curve.at(-1)![0]]).toEqual(['1', '1,876'])
    const last = findings.curves.find(({ settings }) => settings.schedule === 'cosine')!.mean.at(-1)!
    expect(
      curve
        .at(-1)!
        .slice(1, 3)
        .map((text) => text.split(' ')[0]),
    ).toEqual([last.toFixed(4), (1.2 * last).toFixed(4)])
    expect(curve[1]![2], 'not measured after the first step').toBe('–')
    const angle = tableOf(await elements, /^angle a step \(radians\), batch · cosine/)
    expect(angle[0]).toEqual(['step', 'features.bn1', 'features.bn2', 'bn', 'equilibrium'])
    const drifts = tableOf(await elements, /^Drift/)
    expect(drifts[1]).toEqual(['batch · constant · lr 0.3', '0.410', '0.08330', '0.07100', '0.012'])
    expect(tableOf(await elements, /^What the study took/)).toContainEqual(['training steps', '672,840'])
  })

  test('how to repeat it', async () => {
    const body = textOf((await elements).find(({ tagName }) => tagName === 'main')!)
    expect(body).toContain(findings.repeat.command)
    expect(body).toContain('"steps": 1876')
    expect(body).toContain('Seeds: 0, 1, 2.')
    expect(tableOf(await elements, /^Versions/)).toContainEqual(['onnxruntime-node', '1.30.0'])
  })
})

describe('a drawing shows', () => {
  const findings = findingsFixture()
  /** The elements of a chart, by its title, the groups around each among them. */
  async function drawn(title: string): Promise<Element[]> {
    const svg = elementsOf(await html(findings)).find(
      (one) =>
        one.tagName === 'svg' &&
        elementsOfNode(one).some((inner) => inner.tagName === 'title' && textOf(inner) === title),
    )
    return elementsOfNode(svg!)
  }
  const textsOf = (elements: readonly Element[]): string[] =>
    elements.filter(({ tagName }) => tagName === 'text').map(textOf)
  const groupOf = (element: Element, name: string): string | undefined =>
    attribute(element.parentNode as Element, name)

  test.each(['none', 'batch', 'layer'])(
    'the scores of %s as numbers and colours, the best outlined',
    async (kind) => {
      const elements = await drawn(kind)
      const cells = findings.cells.filter(({ settings }) => settings.normalization === kind)
      const texts = textsOf(elements)
      for (const { score } of cells) if (score) expect(texts).toContain(score.value.toPrecision(3))
      expect(texts.filter((text) => text === '×').length).toBe(cells.filter(({ score }) => !score).length)
      expect(texts.filter((text) => text === '1×').length).toBe(
        cells.filter(({ score, diverged }) => score && diverged === 1).length,
      )
      const rects = elements.filter(({ tagName }) => tagName === 'rect')
      const [outline, ...more] = rects.filter((rect) => groupOf(rect, 'stroke') === 'currentColor')
      expect(more).toEqual([])
      const whole = cells.filter(({ score, diverged, failed }) => score && diverged + failed === 0)
      const [scored] = whole.sort((a, b) => b.score!.value - a.score!.value)
      const best = rects.find((rect) =>
        textOf(rect).startsWith(`${kind} · ${scored!.settings.schedule} · lr ${scored!.settings.lr}\n`),
      )!
      for (const axis of ['x', 'y']) {
        expect(Math.abs(Number(attribute(best, axis)) - Number(attribute(outline!, axis)))).toBeLessThan(3)
      }
      const brightest = rects.filter((rect) => attribute(rect, 'fill') === '#fde725')
      expect(brightest.length).toBe(kind === 'batch' ? 1 : 0)
      const gray = rects.filter(
        (rect) => attribute(rect, 'fill') === 'var(--panel)' || groupOf(rect, 'fill') === 'var(--panel)',
      )
      expect(gray.length, 'combinations that lost a seed have no colour').toBe(cells.length - whole.length)
    },
  )

  test('an arrow for each end that was not found, and a dot for each best rate', async () => {
    const elements = await drawn('By normalization × schedule')
    const open = findings.windows.slice(3).flatMap((window) => Object.values(window.open).filter(Boolean))
    const arrows = elements.filter(
      (one) => one.tagName === 'path' && /^M[^M]+M/.test(attribute(one, 'd') ?? ''),
    )
    expect(arrows.length).toBe(open.length)
    expect(elements.filter(({ tagName }) => tagName === 'circle').length).toBe(findings.windows.length - 3)
    expect(textsOf(elements).filter((text) => text.startsWith('≥ ')).length).toBe(open.length)
  })

  test('a line and a band for each normalisation, told apart by colour and dash', async () => {
    const paths = (await drawn('cosine')).filter(({ tagName }) => tagName === 'path')
    const bands = paths.filter((path) => groupOf(path, 'fill-opacity') === '0.18')
    expect(bands.map((path) => groupOf(path, 'fill'))).toEqual([0, 1, 2].map((i) => `var(--series-${i})`))
    const lines = paths.filter((path) => groupOf(path, 'stroke-width') === '1.75')
    expect(lines.map((path) => [groupOf(path, 'stroke'), groupOf(path, 'stroke-dasharray') ?? ''])).toEqual([
      ['var(--series-0)', ''],
      ['var(--series-1)', '7 3'],
      ['var(--series-2)', '2 3'],
    ])
  })

  test('losses on a logarithmic scale, and a dot for each validation loss', async () => {
    const elements = await drawn('cosine')
    const dots = elements.filter(({ tagName }) => tagName === 'circle')
    const { validation } = findings.curves.find(({ settings }) => settings.schedule === 'cosine')!
    expect(dots.length).toBe(3 * validation!.mean.length)
    const heights = dots.slice(0, 3).map((dot) => Number(attribute(dot, 'cy')))
    const [first, second, third] = validation!.mean.map(Math.log)
    const ratio = (heights[1]! - heights[0]!) / (heights[2]! - heights[0]!)
    expect(ratio).toBeCloseTo((second! - first!) / (third! - first!), 2)
  })

  test('as filled what is significant', async () => {
    const dots = (await drawn('a − b')).filter(({ tagName }) => tagName === 'circle')
    const filled = dots.filter((dot) => attribute(dot, 'fill') === 'var(--series-1)')
    expect([dots.length, filled.length]).toEqual([
      findings.comparisons.length,
      findings.comparisons.filter(({ adjusted }) => adjusted < 0.05).length,
    ])
  })
})

test('what the findings lack is said in a line each, or left out', async () => {
  const missing = [
    'Usable rates: the study has no rates to choose from.',
    'What matters: the study has no two settings to compare.',
    'Comparisons: nothing was tried on the same seeds to be compared.',
    'Learning curves: no learning curve was kept.',
    'What the layers did: no run with a normalized layer was watched.',
    'Drift of running statistics: it was not measured (watch: true does), or no model has running statistics.',
  ]
  const one = singleCellFixture()
  const list = elementsOf(await html(one))
    .filter(({ tagName }) => tagName === 'li')
    .map(textOf)
  expect(list.slice(-missing.length)).toEqual(missing)
  expect(markdown(one)).toContain(`## Not shown\n\n- ${missing.join('\n- ')}\n`)
  expect(markdown(one)).toContain(
    'One combination was tried: validationAccuracy 0.9787 (95 %: 0.9787 to 0.9787).',
  )
  const [{ score, ...cell }] = one.cells as [Cell]
  const seed = { ...cell, score: { value: score!.value } }
  expect(markdown({ ...one, cells: [seed] })).toContain(
    'One combination was tried: validationAccuracy 0.9787.\n',
  )
  expect(markdown({ ...one, cells: [] })).toContain('- Scores: no combination was tried.')
  expect(markdown(findingsFixture())).not.toContain('Not shown')
})

describe('whatever the findings are called', () => {
  const hostile = `</script><script>alert(1)</script><b onclick="x">'"&amp;|\`]]>-->\u0000\ud800`

  /** The same findings with all names followed by some text. */
  function renamed(text: string): Findings {
    const findings = findingsFixture()
    const keep = new Set([
      'min',
      'max',
      'lr',
      'schedule',
      'normalization',
      ...Object.keys(findings.repeat.versions),
    ])
    const rename = (value: unknown): unknown => {
      if (typeof value === 'string') return keep.has(value) ? value : value + text
      if (Array.isArray(value)) return value.map(rename)
      return typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value).map(([name, inner]) => [
              /^(features|bn)/.test(name) ? name + text : name,
              rename(inner),
            ]),
          )
        : value
    }
    return rename(findings) as Findings
  }

  test('the page has the same elements, and shows the names', async () => {
    const tags = (elements: readonly Element[]): string[] =>
      elements.map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(' ')}`)
    const page = elementsOf(await html(renamed(hostile)))
    expect(tags(page)).toEqual(tags(elementsOf(await html(renamed('x'.repeat(hostile.length))))))
    expect(textOf(page.find(({ tagName }) => tagName === 'h1')!)).toContain(hostile.slice(0, -2))
    expect(textOf(page.find(({ tagName }) => tagName === 'h1')!)).toMatch(/(?:\\u[0-9a-f]{4}){2}$/)
  })

  test('a table in Markdown has as many cells in each row, and no tag', () => {
    const lines = markdown(renamed(`${hostile}\n\n| x |`)).split('\n')
    const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length
    const tables = lines.filter((line) => line.startsWith('|'))
    expect(tables.length).toBeGreaterThan(50)
    for (const [i, line] of lines.entries()) {
      if (line.startsWith('|') && lines[i - 1]!.startsWith('|'))
        expect(cells(line)).toBe(cells(lines[i - 1]!))
    }
    const outside = lines.join('\n').replace(/```[\s\S]*?```/g, '')
    expect(outside).not.toMatch(/(?<!\\)<[a-z/]/)
  })
})

describe('any findings', () => {
  const value = fc.oneof(
    fc.constantFrom<Value>('none', 'batch', 'cosine', '<b>', null, true, 0.1, 1, '1'),
    fc.double({ min: 1e-6, max: 10, noNaN: true }),
    fc.record({ type: fc.constantFrom('group', 'ghost'), groups: fc.nat(64) }),
  )
  const name = fc.constantFrom('lr', 'schedule', 'normalization', 'batchSize', 'optimizer.weightDecay')
  const number = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1e-300, 1e300, -1e300),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  const estimate = fc.record({ value: number, interval: fc.tuple(number, number) })
  const settings = fc.dictionary(name, value, { maxKeys: 4 })
  const cell = fc.record(
    {
      settings,
      steps: fc.nat(1e6),
      rung: fc.nat(2),
      scores: fc.constant({ 0: 1 }),
      score: estimate,
      diverged: fc.nat(3),
      failed: fc.nat(3),
    },
    { requiredKeys: ['settings', 'steps', 'scores', 'diverged', 'failed'] },
  )
  const series = fc.array(number, { maxLength: 30 })
  const curve = fc.record({ settings, steps: series, mean: series, low: series, high: series })
  const layer = fc.record(
    { steps: series, effectiveRate: series, angle: series, equilibrium: series },
    { requiredKeys: ['steps', 'effectiveRate', 'angle'] },
  )
  const rate = fc.double({ min: 1e-6, max: 10, noNaN: true })
  const findings = fc.record({
    metric: fc.record({ name: fc.constant('loss'), goal: fc.constantFrom('min' as const, 'max' as const) }),
    factors: fc.dictionary(name, fc.array(value, { maxLength: 5 }), { maxKeys: 4 }),
    cells: fc.array(cell, { maxLength: 30 }),
    curves: fc.array(curve, { maxLength: 5 }),
    layers: fc.array(fc.record({ settings, layers: fc.dictionary(fc.string(), layer, { maxKeys: 9 }) }), {
      maxLength: 8,
    }),
    drifts: fc.array(fc.record({ settings, kl: number, validationLoss: number, recalibratedLoss: number }), {
      maxLength: 5,
    }),
    windows: fc.array(
      fc.record({
        group: settings,
        within: rate,
        best: fc.record({ lr: rate, score: estimate }),
        low: rate,
        high: rate,
        decades: number,
        metric: fc.constant('validationAccuracy'),
        open: fc.record({ low: fc.boolean(), high: fc.boolean() }),
      }),
      { maxLength: 8 },
    ),
  })

  test('make a page that is well-formed, and no number that is none', async () => {
    await fc.assert(
      fc.asyncProperty(findings, async (some) => {
        const all = { ...findingsFixture(), ...some } as Findings
        const page = await html(all)
        elementsOf(page)
        for (const text of [page, markdown(all)]) expect(text).not.toMatch(/\bNaN\b|\bundefined\b|\[object/)
      }),
      { numRuns: 40 },
    )
  })
})

test('losses too small to be spaced are drawn', async () => {
  const curves = [[1e-323], [0, 1e-323], [1e-310, 1e-323]].map((mean) => {
    const steps = mean.map((_, i) => i)
    return { settings: {}, steps, mean, low: mean, high: mean }
  })
  for (const curve of curves) elementsOf(await html({ ...findingsFixture(), curves: [curve] } as Findings))
})

test('a score that is not finite is a dash', async () => {
  const findings = findingsFixture()
  const broken = { value: Number.NaN }
  const cells = findings.cells.map((cell, i) => (i === 30 ? { ...cell, score: broken } : cell))
  const elements = elementsOf(await html({ ...findings, cells }))
  const { schedule, lr } = cells[30]!.settings
  const row = tableOf(elements, /^validationAccuracy, none/).find(([name]) => name === schedule)!
  expect(lr).toBe(0.01)
  expect(row[3]).toBe('–')
  expect(tableOf(elements, /^Each combination/)[31]!.slice(4, 6)).toEqual(['–', '–'])
})

test('maps with and without batch normalization are side by side', async () => {
  const titles = elementsOf(await html(raceFixture()))
    .filter(
      ({ tagName, parentNode }) =>
        tagName === 'figcaption' && /^panel/.test(attribute(parentNode as Element, 'class') ?? ''),
    )
    .map(textOf)
  expect(titles.slice(0, 4)).toEqual([
    'none · batchSize 32',
    'batch · batchSize 32',
    'none · batchSize 256',
    'batch · batchSize 256',
  ])
})

test('the margin of usable rates is a range where it differs by row', () => {
  expect(markdown(findingsFixture())).toContain(
    'Rates whose validationAccuracy is within 0.020 of the best of their row.',
  )
  expect(markdown(raceFixture())).toContain(
    'Rates whose validationLoss is within 0.0062 to 0.013 of the best of their row.',
  )
})

test('cells that were stopped early say after how many steps', () => {
  expect(markdown(raceFixture())).toMatch(/0\.\d+ \(469 steps\)/)
})

test('the text is as wide as its columns, and its answer is on top', () => {
  const text = markdown(findingsFixture())
  expect(text.split('\n').slice(0, 5)).toEqual([
    '# Which rate and schedule, with and without batch normalization?',
    '',
    'normalization (3) × schedule (6) × lr (7) · 126 combinations, 3 seeds · 378 trials, of which 38 diverged and 1 failed · judged by validationAccuracy, more is better',
    '',
    `> ${findingsFixture().answer[0]}`,
  ])
  expect(text).toContain(`**validationAccuracy, batch; ★ the best, × diverged**

| schedule        | lr 0.001 | lr 0.003 | lr 0.01 | lr 0.03 | lr 0.1 |   lr 0.3 |   lr 1 |
| --------------- | -------: | -------: | ------: | ------: | -----: | -------: | -----: |
| constant        |   0.9097 |   0.9344 |  0.9551 |  0.9682 | 0.9759 | 0.9799 ★ | 0.9740 |
`)
})

test('a report is four files in a folder that is made', async () => {
  const folder = join(root, 'deep', 'report')
  const findings = findingsFixture()
  const paths = await writeReport(folder, findings)
  expect(paths).toEqual({
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
    json: join(folder, 'findings.json'),
    bibtex: join(folder, 'sources.bib'),
  })
  expect(Object.values(paths).every((path) => existsSync(path))).toBe(true)
  expect(JSON.parse(readFileSync(paths.json, 'utf8'))).toEqual(findings)
  expect(readFileSync(paths.markdown, 'utf8')).toBe(markdown(findings))
  expect(readFileSync(paths.html, 'utf8')).toBe(await html(findings))
})

describe('the best of a map', () => {
  const findings = findingsFixture({ normalizations: [] })
  const cells = findings.cells.slice(0, 3)
  const bestOf = (goal: 'min' | 'max', lost: readonly Partial<Cell>[]): Cell | undefined => {
    const changed = cells.map((cell, i) => ({
      ...cell,
      score: { value: 0.7 + 0.1 * i, interval: [0, 1] as const },
      diverged: 0,
      failed: 0,
      ...lost[i],
    }))
    const { best } = gridsOf({ ...findings, metric: { ...findings.metric, goal }, cells: changed })[0]!
    return best && cells[changed.indexOf(best as (typeof changed)[0])]
  }

  test('is the best one where none was lost', () => {
    expect(bestOf('max', [])).toBe(cells[2])
    expect(bestOf('min', [])).toBe(cells[0])
  })

  test('is one of which every seed was done', () => {
    expect(bestOf('max', [{}, {}, { diverged: 1 }])).toBe(cells[1])
    expect(bestOf('max', [{}, { failed: 1 }, { diverged: 1 }])).toBe(cells[0])
  })

  test('is none where of each some seed was lost', () => {
    expect(bestOf('max', [{ diverged: 1 }, { failed: 1 }, { diverged: 2 }])).toBeUndefined()
  })
})
