import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Findings } from '../analysis/findings.ts'
import { html } from './html.ts'
import { markdown } from './markdown.ts'

/**
 * Write what a study found into a folder, which is made when it is not there: `report.html`, one page that needs nothing
 * else; `report.md`, the same as text; `findings.json`, all of it as data, where a number that is not finite is null.
 *
 * @returns the paths of the three
 */
export async function writeReport(
  folder: string,
  findings: Findings,
): Promise<{ readonly html: string; readonly markdown: string; readonly json: string }> {
  const page = await html(findings)
  const paths = {
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
    json: join(folder, 'findings.json'),
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(paths.html, page)
  writeFileSync(paths.markdown, markdown(findings))
  writeFileSync(paths.json, `${JSON.stringify(findings, null, 2)}\n`)
  return paths
}
