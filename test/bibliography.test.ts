import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bib, ofScience, publicationsIn } from '../scripts/bibliography.ts'
import { bibtex } from '../src/study/report/publication.ts'
import { publications } from '../src/study/report/publications.ts'

test('docs/science.bib has what claims cite; npx jiti scripts/bibliography.ts writes it', () => {
  expect(readFileSync(bib, 'utf8')).toBe(ofScience())
})

test('publications are found by their numbers on arXiv, each once', () => {
  const texts = [
    'Ioffe & Szegedy 2015, arXiv 1502.03167; Wu & He 2018, arXiv 1803.08494',
    'arXiv 1502.03167, §3',
  ]
  expect(publicationsIn(texts).map(({ key }) => key)).toEqual(['ioffe2015batch', 'wu2018group'])
  expect(() => publicationsIn(['Nobody 2000, arXiv 2000.00001'])).toThrow(
    'wanted an entry for arXiv 2000.00001 in scripts/bibliography.ts, got none',
  )
})

test('a key is made of the first author, the year and a word of the title', () => {
  for (const [key, { authors, title, year }] of Object.entries(publications)) {
    const plain = (text: string): string =>
      text
        .normalize('NFD')
        .toLowerCase()
        .replace(/[^a-z0-9 ]/g, '')
    const [, author, at, word] = /^([a-z]+)(\d{4})([a-z0-9]+)$/.exec(key)!
    expect([author, Number(at)]).toEqual([plain(authors.split(',')[0]!), year])
    expect(plain(title)).toContain(word)
    expect(bibtex({ key, ...publications[key as keyof typeof publications] })).toContain(`{${key},`)
  }
})
