import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { Dataset } from '../../../src/data/dataset.ts'
import { type ImageFolderOptions, imageFolder } from '../../../src/data/files/image-folder.ts'
import { folder, type Reader } from './reading.ts'

/** Makes a folder of pictures of one pixel, each of a colour, `none` being no picture; reads them in order of labels. */
export const images: Reader = async (
  colours: Readonly<Record<string, string>>,
  options: Partial<ImageFolderOptions> = {},
): Promise<Dataset> => {
  const root = join(folder, 'pets')
  rmSync(root, { recursive: true, force: true })
  for (const [path, background] of Object.entries(colours)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const one = { width: 1, height: 1, channels: background.length > 7 ? 4 : 3, background } as const
    const bytes = background === 'none' ? 'none' : await sharp({ create: one }).png().toBuffer()
    writeFileSync(join(root, path), bytes)
  }
  const read = async (): Promise<Dataset> => imageFolder(root, { size: [1, 1], ...options })
  return read().catch((error: Error) => {
    error.message = error.message.replace(`${folder}/`, '')
    throw error
  })
}
