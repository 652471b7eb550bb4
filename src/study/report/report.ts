import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkFields, checkFolder } from '../../core/mismatch.ts'
import { writeWhole } from '../../disk/whole-file.ts'
import type { Findings } from '../analysis/findings.ts'
import { bibliography, citedIn } from './cited.ts'
import { html } from './html.ts'
import { markdown } from './markdown.ts'

/**
 * Writes a study's findings into a folder, creating it if needed: `report.html`, a self-contained page;
 * `report.md`, the same content as text; `findings.json`, the data, with null for numbers that are not finite;
 * `sources.bib`, the publications that the report cites.
 *
 * @returns the paths of the four files
 */
export async function writeReport(
  folder: string,
  findings: Findings,
): Promise<{
  readonly html: string
  readonly markdown: string
  readonly json: string
  readonly bibtex: string
}> {
  checkFolder('writeReport', folder)
  checkFields('writeReport', 'the findings of a study', findings, 'name', 'metric', 'answer')
  const page = await html(findings)
  const paths = {
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
    json: join(folder, 'findings.json'),
    bibtex: join(folder, 'sources.bib'),
  }
  mkdirSync(folder, { recursive: true })
  writeWhole(paths.html, page)
  writeWhole(paths.markdown, markdown(findings))
  writeWhole(paths.json, `${JSON.stringify(findings, null, 2)}\n`)
  writeWhole(paths.bibtex, bibliography(citedIn(findings)))
  return paths
}
