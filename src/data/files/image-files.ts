import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { malformed } from '../../core/mismatch.ts'
import { counted, listed } from '../../core/text.ts'
import { explained } from './read-file.ts'

/** An image file in the folder of its class, at any depth. */
interface ImageFile {
  /** Path relative to the root folder, which contains the classes' folders. */
  readonly file: string
  /** Index of the image's class. */
  readonly label: number
  /** Size of the file in bytes. */
  readonly bytes: number
}

const readable = /^\.(avif|gif|jfif|jpe|jpe?g|png|tiff?|webp)$/i
const formats = 'AVIF, GIF, JPEG, PNG, TIFF or WebP'

/** Extensions of image formats that cannot be read: an error, rather than examples silently lost. */
const unreadable = /^\.(bmp|dib|heic|heif|ico|jp2|jxl|p[bgnp]m|psd|tga)$/i

/** Files and folders that operating systems and tools create; skipped, as are names that begin with a dot. */
const system = new Set([
  '$RECYCLE.BIN',
  '@eaDir',
  '__MACOSX',
  '__pycache__',
  'Desktop.ini',
  'System Volume Information',
  'Thumbs.db',
  'desktop.ini',
  'ehthumbs.db',
  'lost+found',
])

/**
 * Lists the classes of a folder of images, which are its sub-folders in alphabetical order, and the images in
 * them at any depth. Follows links; skips hidden files, system files and files that are not images.
 *
 * @throws {FormatError} when there is no such folder or no class, a class has no image, a link leads nowhere or
 *   back to a folder around it, or an image has a format that cannot be read.
 */
export function listImages(root: string): {
  readonly classNames: readonly string[]
  readonly images: readonly ImageFile[]
} {
  const real = realPath(root)
  const classNames = entriesOf(root).filter((name) => isFolder(join(root, name)))
  if (classNames.length === 0) throw malformed(root, 'a sub-folder of images for each class', 'no sub-folder')
  const files = classNames.map((name) => [...filesIn(root, name, [real])].sort())
  const images = files.map((all) => all.filter((file) => readable.test(extname(file))))
  const empty = classNames.flatMap((name, i) => (images[i]!.length === 0 ? [about(name, files[i]!)] : []))
  if (empty.length > 0) {
    const fix = `wanted are ${formats}; convert its pictures, or remove it`
    throw malformed(root, 'an image in each sub-folder', `none in ${listed(empty)}`, fix)
  }
  checkReadable(root, files.flat())
  const sized = (label: number) => (file: string) => ({ file, label, bytes: statSync(join(root, file)).size })
  return { classNames, images: images.flatMap((all, label) => all.map(sized(label))) }
}

/**
 * Lists the images in a folder at any depth, in alphabetical order; for the path of an image, the empty path alone.
 *
 * @throws {FormatError} when there is no such path or no image, or an image has a format that cannot be read.
 */
export function listAllImages(root: string): readonly string[] {
  if (!isFolder(root)) return ['']
  const files = [...filesIn(root, '', [])].sort()
  const images = files.filter((file) => readable.test(extname(file)))
  checkReadable(root, files)
  if (images.length === 0) throw malformed(root, 'images', `none in ${counted(files.length, 'file')}`)
  return images
}

function checkReadable(root: string, files: readonly string[]): void {
  const other = files.find((file) => unreadable.test(extname(file)))
  if (other === undefined) return
  throw malformed(join(root, other), `pictures as ${formats}`, extname(other), 'convert it, or remove it')
}

/** Describes the files of a class that has no images: `dog (3 files: .bmp and .txt)`. */
function about(name: string, files: readonly string[]): string {
  if (files.length === 0) return `${name} (no files)`
  const kinds = new Set(files.map((file) => extname(file) || 'no extension'))
  return `${name} (${counted(files.length, 'file')}: ${listed([...kinds].sort())})`
}

/**
 * Yields the paths below `root` of all files in a folder.
 *
 * @param around real paths of the folders that contain `folder`, to detect links that form a loop
 */
function* filesIn(root: string, folder: string, around: readonly string[]): Generator<string> {
  const real = realPath(join(root, folder))
  if (around.includes(real)) {
    throw malformed(
      join(root, folder),
      'a folder that ends',
      'a link back to a folder around it',
      'remove the link',
    )
  }
  for (const name of entriesOf(join(root, folder))) {
    const path = join(folder, name)
    if (isFolder(join(root, path))) yield* filesIn(root, path, [...around, real])
    else yield path
  }
}

/** Returns the names in a folder, in alphabetical order, without hidden files and those of operating systems. */
function entriesOf(folder: string): string[] {
  const names = reported(folder, () => readdirSync(folder))
  return names.filter((name) => !name.startsWith('.') && !system.has(name)).sort()
}

const isFolder = (path: string): boolean => reported(path, () => statSync(path)).isDirectory()
const realPath = (folder: string): string => reported(folder, () => realpathSync(folder))

function reported<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (isLink(path)) {
      const got = `a link to ${readlinkSync(path)}, which does not exist`
      throw malformed(path, 'an image or a folder of images', got, 'mend or remove the link')
    }
    throw explained(path, cause, 'a folder of images')
  }
}

/** Whether a path whose target does not exist is itself a symbolic link. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && !existsSync(path)
}
