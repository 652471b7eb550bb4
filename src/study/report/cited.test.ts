import { expect, test } from 'vitest'
import { findingsFixture, raceFixture, singleCellFixture } from '../../../test/study/findings-fixture.ts'
import { bibliography, citedIn } from './cited.ts'
import { bibtex } from './publication.ts'

const keysIn = (...[findings]: Parameters<typeof citedIn>): string[] =>
  citedIn(findings).map(({ key }) => key)

test('a report cites what the study compared, and how its numbers were computed', () => {
  expect(keysIn(findingsFixture())).toEqual([
    'ioffe2015batch',
    'ba2016layer',
    'loshchilov2017sgdr',
    'smith2018super',
    'he2016deep',
    'efron1979bootstrap',
    'hesterberg2015teachers',
    'holm1979simple',
    'fisher1925statistical',
    'wan2020spherical',
    'kosson2024rotational',
    'wu2021rethinking',
  ])
  expect(keysIn(findingsFixture({ normalizations: [] }))).not.toContain('ioffe2015batch')
  const race = raceFixture()
  const study = { ...race.repeat.study, design: { type: 'racing', trials: 9 } }
  expect(keysIn({ ...race, repeat: { ...race.repeat, study } })).toContain('jamieson2016non')
  expect(bibliography(citedIn({ ...singleCellFixture(), cells: [] }))).toBe('')
})

test('entries are of their kind, keep the capitals of titles, and escape what TeX would read', () => {
  expect(
    bibtex({
      key: 'dollar2016r',
      authors: 'Dollár, Piotr and Hägele, A.',
      title: 'R&D at 100 % of #1_x',
      year: 2016,
      type: 'article',
      in: 'The Annals',
      doi: '10.1/x',
    }),
  ).toBe(
    [
      '@article{dollar2016r,',
      '  author = {Doll{\\\'{a}}r, Piotr and H{\\"{a}}gele, A.},',
      '  title = {{R\\&D at 100 \\% of \\#1\\_x}},',
      '  journal = {The Annals},',
      '  year = {2016},',
      '  doi = {10.1/x}',
      '}',
    ].join('\n'),
  )
  expect(bibtex({ key: 'a2000b', authors: 'A, B', title: 'B', year: 2000, arxiv: '1502.03167' })).toMatch(
    /^@misc\{a2000b,[\s\S]*eprint = \{1502\.03167\},\n {2}archivePrefix = \{arXiv\}\n\}$/,
  )
})
