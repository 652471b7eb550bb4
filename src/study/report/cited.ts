import type { Findings } from '../analysis/findings.ts'
import { bibtex, type Publication } from './publication.ts'
import { publications } from './publications.ts'
import { type Content, tableBlock } from './section.ts'
import { label } from './settings.ts'

type Key = keyof typeof publications

/** Publications of normalizations, schedules and designs, by their names in a study. */
const compared: Readonly<
  Record<'normalization' | 'schedule' | 'design', Readonly<Record<string, readonly Key[]>>>
> = {
  normalization: {
    batch: ['ioffe2015batch'],
    ghost: ['ioffe2015batch', 'hoffer2017train'],
    layer: ['ba2016layer'],
    group: ['wu2018group'],
    instance: ['ulyanov2016instance'],
  },
  schedule: {
    step: ['he2016deep'],
    cosine: ['loshchilov2017sgdr'],
    restarts: ['loshchilov2017sgdr'],
    warmupLinear: ['goyal2017accurate'],
    warmupCosine: ['goyal2017accurate', 'loshchilov2017sgdr'],
    warmupRex: ['goyal2017accurate', 'chen2021rex'],
    oneCycle: ['smith2018super'],
    wsd: ['hagele2024scaling'],
    rex: ['chen2021rex'],
    cyclic: ['smith2017cyclical'],
  },
  design: { racing: ['jamieson2016non'], tpe: ['bergstra2011algorithms'] },
}

/** Publications of methods, and whether a report uses them. */
const methods: readonly [isUsed: (findings: Findings) => boolean, ...keys: readonly Key[]][] = [
  [
    ({ cells }) => cells.some(({ score }) => score?.interval !== undefined),
    'efron1979bootstrap',
    'hesterberg2015teachers',
  ],
  [
    ({ tests }) => Object.values(tests?.at(-1)?.intervals ?? {}).some(({ method }) => method === 'wilson'),
    'wilson1927probable',
  ],
  [({ comparisons }) => comparisons.length > 0, 'holm1979simple'],
  [({ effects }) => effects.length > 0, 'fisher1925statistical'],
  [({ layers }) => layers.length > 0, 'wan2020spherical', 'kosson2024rotational'],
  [({ drifts }) => drifts.length > 0, 'wu2021rethinking'],
]

/** Returns the publications of what a study compared and of how its report was computed, each once. */
export function citedIn(findings: Findings): readonly Publication[] {
  const { factors, repeat } = findings
  const kindOf = (value: unknown): string => String(Object(value).type ?? value)
  const names = {
    normalization: (factors.normalization ?? []).map(kindOf),
    schedule: (factors.schedule ?? []).map(label),
    design: [kindOf(repeat.study.design)],
  }
  const ofCompared = Object.entries(compared).flatMap(([factor, known]) =>
    names[factor as keyof typeof names].flatMap((name) => (Object.hasOwn(known, name) ? known[name]! : [])),
  )
  const ofMethods = methods.flatMap(([isUsed, ...keys]) => (isUsed(findings) ? keys : []))
  return [...new Set([...ofCompared, ...ofMethods])].map((key) => ({ key, ...publications[key] }))
}

/** Formats publications as a BibTeX file; empty if there are none. */
export const bibliography = (cited: readonly Publication[]): string =>
  cited.map((one) => `${bibtex(one)}\n`).join('\n')

/** Makes the report section on sources: a list of publications, and the same in BibTeX. */
export function sourcesSection(findings: Findings): Content {
  const cited = citedIn(findings)
  if (cited.length === 0) return []
  const rows = cited.map(({ authors, year, title, arxiv, doi }) => [
    `${shortAuthors(authors)} ${year}`,
    title,
    arxiv === undefined ? (doi ?? '') : `arXiv ${arxiv}`,
  ])
  return [
    tableBlock(
      'Publications of what was compared, and of how it was computed',
      1,
      ['source', 'title', 'where'],
      rows,
    ),
    {
      type: 'code',
      title: 'BibTeX, also in sources.bib',
      language: 'bibtex',
      text: bibliography(cited).trimEnd(),
    },
  ]
}

/** Shortens a list of authors: `Ioffe & Szegedy`, or `He et al.` for more than two. */
function shortAuthors(authors: string): string {
  const names = authors.split(' and ').map((name) => name.split(',')[0]!)
  return names.length > 2 ? `${names[0]} et al.` : names.join(' & ')
}
