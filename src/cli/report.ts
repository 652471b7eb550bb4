import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { counted } from '../core/text.ts'
import { onFile } from '../disk/fault.ts'
import { writeOutput } from '../disk/output-file.ts'
import type { ChartImage } from '../study/report/chart-image.ts'
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
      const { chartImages } = await import('../study/report/chart-image.ts')
      const findings = readFindings(folder)
      const written: string[] = Object.values(await writeReport(folder, findings))
      const images = svg === undefined && png === undefined ? [] : await chartImages(findings)
      if (svg !== undefined) written.push(await writeAll(svg, 'SVG', images, ({ svg }) => svg))
      if (png !== undefined)
        written.push(await writeAll(png, 'PNG', images, ({ svg }) => pngOf('report', svg)))
      await output.write(`${written.join('\n')}\n`)
    })

/** Writes images into a folder, creating it if needed. @returns a line that says how many are where */
async function writeAll(
  folder: string,
  kind: 'SVG' | 'PNG',
  images: readonly ChartImage[],
  contentOf: (image: ChartImage) => string | Promise<Uint8Array>,
): Promise<string> {
  onFile(folder, () => mkdirSync(folder, { recursive: true }))
  for (const image of images)
    writeOutput(join(folder, `${image.name}.${kind.toLowerCase()}`), await contentOf(image))
  return `${folder}: ${counted(images.length, `${kind} image`)}`
}
