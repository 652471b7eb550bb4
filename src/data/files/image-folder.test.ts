import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { golden } from '../../../test/support/golden.ts'
import { imageFolder } from './image-folder.ts'

interface Expected {
  readonly bytes: string
  readonly size: readonly [number, number]
  readonly rgb: readonly number[]
  readonly grey: readonly number[]
}
const pictures = golden<Record<string, Expected>>('pictures')
const png = Buffer.from(pictures['rgb.png']!.bytes, 'base64')

const folder = mkdtempSync(join(tmpdir(), 'evenstep-image-folder-'))
const root = join(folder, 'pets')
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(root, { recursive: true, force: true }))

/** Makes small pictures below `root`, and the folders whose paths end with a slash. */
function make(...paths: readonly string[]): void {
  for (const path of paths) {
    const isFolder = path.endsWith('/')
    mkdirSync(isFolder ? join(root, path) : dirname(join(root, path)), { recursive: true })
    if (!isFolder) writeFileSync(join(root, path), png)
  }
}
const read = async () => {
  const { y, classNames } = await imageFolder(root, { size: [4, 5] })
  return [classNames, Array.from(y.data, Number).sort()]
}

describe('classes', () => {
  test('are the sub-folders that are neither hidden nor of the system', async () => {
    make(
      'cat/1.png',
      'dog/2.PNG',
      '.ipynb_checkpoints/3.png',
      '__MACOSX/._1.png',
      'lost+found/1.png',
      '@eaDir/x.png',
      '.DS_Store/',
    )
    make('cat/.hidden.png', 'cat/__MACOSX/1.png', 'cat/.git/4.png')
    for (const file of ['Thumbs.db', 'dog/desktop.ini', 'dog/notes.txt', 'labels.csv']) {
      writeFileSync(join(root, file), 'no picture')
    }
    expect(await read()).toEqual([
      ['cat', 'dog'],
      [0, 1],
    ])
  })

  test('hold pictures at any depth', async () => {
    make('cat/1.png', 'dog/puppies/1.png', 'dog/puppies/small/1.png', 'dog/2.png')
    expect(await read()).toEqual([
      ['cat', 'dog'],
      [0, 1, 1, 1],
    ])
  })

  test('and pictures may be links', async () => {
    make('cat/1.png', '../elsewhere/1.png', '../elsewhere/deeper/2.png')
    symlinkSync(join(folder, 'elsewhere'), join(root, 'dog'))
    symlinkSync(join(root, 'cat/1.png'), join(root, 'cat/2.png'))
    expect(await read()).toEqual([
      ['cat', 'dog'],
      [0, 0, 1, 1],
    ])
  })
})

describe('a folder of images', () => {
  const fails = (message: string) => expect(read()).rejects.toThrow(message)

  test('says which classes have no image, and what they have', async () => {
    make('cat/1.png', 'dog/1.bmp', 'dog/sub/2.BMP', 'dog/notes', 'mouse/')
    await fails(
      `${root}: wanted an image in each sub-folder, got none in dog (3 files: .BMP, .bmp and no extension) and mouse ` +
        '(no files); wanted are AVIF, GIF, JPEG, PNG, TIFF or WebP; convert its pictures, or remove it',
    )
  })

  test('does not leave out pictures that it cannot read', async () => {
    make('cat/1.png', 'cat/2.bmp')
    await fails(
      `${root}/cat/2.bmp: wanted pictures as AVIF, GIF, JPEG, PNG, TIFF or WebP, got .bmp; convert it, or remove it`,
    )
    make('cat/1.png', 'cat/2.bmp')
    rmSync(join(root, 'cat/2.bmp'))
    writeFileSync(join(root, 'cat/2.png'), png.subarray(0, 60))
    await fails('cat/2.png: wanted an image, got one that cannot be read: ')
  })

  test('refuses links that lead back, and links that lead nowhere', async () => {
    make('cat/1.png')
    symlinkSync(root, join(root, 'cat/all'))
    await fails(
      `${root}/cat/all: wanted a folder that ends, got a link back to a folder around it; remove the link`,
    )
    rmSync(join(root, 'cat/all'))
    symlinkSync(join(root, 'nowhere'), join(root, 'dog'))
    const nowhere = `a link to ${root}/nowhere, which does not exist; mend or remove the link`
    await fails(`${root}/dog: wanted an image or a folder of images, got ${nowhere}`)
    rmSync(join(root, 'dog'))
    symlinkSync(join(root, 'nowhere'), join(root, 'cat/z.png'))
    await fails(`${root}/cat/z.png: wanted an image or a folder of images, got ${nowhere}`)
  })

  test('exists, and is a folder of folders', async () => {
    await fails(`${root}: wanted a folder of images, got none; check the path`)
    make('1.png')
    await fails(`${root}: wanted a sub-folder of images for each class, got no sub-folder`)
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    await fails(`${root}: wanted a folder of images, got none; check the path`)
  })
})

test.each(Object.entries(pictures))(
  '%s has the colours that Pillow reads',
  async (name, { bytes, size, rgb, grey }) => {
    mkdirSync(join(root, 'a'), { recursive: true })
    writeFileSync(join(root, 'a', name), Buffer.from(bytes, 'base64'))
    const numbers = async (channels: 1 | 3) => {
      const { x } = await imageFolder(root, { size, channels })
      return Array.from(x.data, Number).map((value) => Math.round(value * 255))
    }
    const planes = [0, 1, 2].flatMap((channel) => rgb.filter((_, i) => i % 3 === channel))
    expect(await numbers(3)).toEqual(planes)
    expect(await numbers(1)).toEqual(grey)
  },
)
