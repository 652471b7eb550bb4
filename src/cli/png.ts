import { ArgumentError } from '../core/errors.ts'

/**
 * Draws an SVG image as a PNG image of twice the width and height, so that it is sharp on dense screens.
 *
 * @param who name of the command, for messages
 * @throws {ArgumentError} when the package `sharp` is not installed.
 */
export async function pngOf(who: string, svg: string): Promise<Uint8Array> {
  const { default: open } = await import('sharp').catch((cause: unknown) => {
    const fix = 'npm install sharp, or write an SVG with --svg'
    throw new ArgumentError(`${who}: wanted the package sharp to write a PNG, got none; ${fix}`, { cause })
  })
  return open(Buffer.from(svg), { density: 144 }).png().toBuffer()
}
