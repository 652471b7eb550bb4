import { fileURLToPath } from 'node:url'
import { checkNoMore } from '../../core/options.ts'
import { packageFolder } from '../../package-folder.ts'
import type { Dataset } from '../dataset.ts'
import { csv } from './csv.ts'

/**
 * Returns 30 measurements of cell nuclei for each of 569 breast masses, to be classified as malignant or
 * benign. The file is part of the package.
 *
 * @returns 569 examples, unnormalized: x `[30]`, y 0 for malignant (212), 1 for benign (357)
 * @example data.normalize(data.split(data.breastCancer(), { validation: 0.2 }), { per: 'feature' })
 *
 * Source: Wolberg, Mangasarian, Street & Street 1995, Breast Cancer Wisconsin (Diagnostic), UCI Machine
 * Learning Repository, https://doi.org/10.24432/C5DW2B, CC BY 4.0; features are named as in scikit-learn.
 */
export function breastCancer(...more: readonly never[]): Dataset {
  checkNoMore('breastCancer', more)
  const path = fileURLToPath(new URL('assets/breast-cancer.csv', packageFolder))
  return csv(path, { label: 'diagnosis', classNames: ['malignant', 'benign'] })
}
