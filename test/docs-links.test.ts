import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((page) => join('docs', page)),
].filter((page) => page.endsWith('.md'))

/** What a page links to within the repository, without what is code. */
function targetsOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '`')
  const links = [
    ...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g),
    ...prose.matchAll(/\b(?:src|srcset|href)="([^"\s]+)"/g),
  ]
  return links
    .map(([, target]) => target!.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/i.test(target))
}

test('every link of the pages within the repository leads to a file', () => {
  const broken = pages.flatMap((page) =>
    targetsOf(readFileSync(join(root, page), 'utf8'))
      .filter((target) => !existsSync(join(root, dirname(page), decodeURI(target))))
      .map((target) => `${page} → ${target}`),
  )
  expect(broken).toEqual([])
})

test('whatever the README links to is in the package', () => {
  const { files }: { files: string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const left = targetsOf(readFileSync(join(root, 'README.md'), 'utf8')).filter(
    (target) => !files.some((file) => target === file || target.startsWith(`${file}/`)),
  )
  expect(left).toEqual([])
})

test('links are found: in text and in HTML, and not in code', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'docs/reports.md', 'docs/decisions/0002-threads-by-timing.md']),
  )
  expect(
    targetsOf('[a](b.md#c) ![d](e.png "f") <img src="g.svg"> [h](https://i.j) [k](#l)\n`[m](n)`\n'),
  ).toEqual(['b.md', 'e.png', 'g.svg'])
})
