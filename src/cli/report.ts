import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { counted } from '../core/text.ts'
import { onFile } from '../disk/fault.ts'
import { writeOutput } from '../disk/output-file.ts'
import type { Picture } from '../study/report/picture.ts'
import { type Output, terminal } from './output.ts'
import { pngOf } from './png.ts'

interface Options {
  readonly svg?: string
  readonly png?: string
}

/** `evenstep report STUDY`: writes the report of a study that has ended again, and its charts as images. */
export const reportCommand = (output: Output = terminal()): Command =>
  new Command('report')
    .description('write the report of a study again, and its charts as images')
    .argument('<study>', 'folder of a study that has ended')
    .option('--svg <dir>', 'write each chart as an SVG image into this folder')
    .option('--png <dir>', 'write each chart as a PNG image into this folder; needs the package sharp')
    .action(async (folder: string, { svg, png }: Options) => {
      // Imported late, so that --help, which imports all commands, does without the charts.
      const { readFindings } = await import('../study/run/stored-findings.ts')
      const { writeReport } = await import('../study/report/report.ts')
      const { picturesOf } = await import('../study/report/picture.ts')
      const findings = readFindings(folder)
      const written: string[] = Object.values(await writeReport(folder, findings))
      const pictures = svg === undefined && png === undefined ? [] : await picturesOf(findings)
      if (svg !== undefined) written.push(await writeAll(svg, 'SVG', pictures, ({ svg }) => svg))
      if (png !== undefined)
        written.push(await writeAll(png, 'PNG', pictures, ({ svg }) => pngOf('report', svg)))
      await output.write(`${written.join('\n')}\n`)
    })

/** Writes pictures into a folder, creating it if needed. @returns a line that says how many are where */
async function writeAll(
  folder: string,
  kind: 'SVG' | 'PNG',
  pictures: readonly Picture[],
  contentOf: (picture: Picture) => string | Promise<Uint8Array>,
): Promise<string> {
  onFile(folder, () => mkdirSync(folder, { recursive: true }))
  for (const picture of pictures)
    writeOutput(join(folder, `${picture.name}.${kind.toLowerCase()}`), await contentOf(picture))
  return `${folder}: ${counted(pictures.length, `${kind} image`)}`
}
