import { readFileSync } from 'node:fs'
import { checkNoMore } from '../../core/options.ts'
import { packageFolder } from '../../package-folder.ts'

/**
 * Returns 32,033 first names of people, in lower case, most frequent first, to train character-level models.
 * The file is part of the package.
 *
 * Source: the list of Karpathy's makemore, https://github.com/karpathy/makemore, MIT; from the US Social
 * Security Administration's names of 2018.
 */
export function names(...more: readonly never[]): string[] {
  checkNoMore('names', more)
  return readFileSync(new URL('assets/names.txt', packageFolder), 'utf8').trim().split('\n')
}
