import { readFileSync } from 'node:fs'

/**
 * Returns 32,033 first names in lower case, most frequent first, for models of characters. In the package.
 *
 * Source: the list of Karpathy's makemore, https://github.com/karpathy/makemore, MIT; from the US Social
 * Security Administration's names of 2018.
 */
export function names(): string[] {
  const path = new URL('../../../assets/names.txt', import.meta.url)
  return readFileSync(path, 'utf8').trim().split('\n')
}
