// Writes docs/science.bib, the publications that claims cite: npx jiti scripts/bibliography.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bibliography } from '../src/study/report/cited.ts'
import type { Publication } from '../src/study/report/publication.ts'
import { publications } from '../src/study/report/publications.ts'
import { claims } from '../studies/claims.ts'

/**
 * Publications that claims cite and reports of studies do not, by BibTeX key: title, authors, year, place and number on
 * arXiv as published. A field that is in doubt is left out, not guessed.
 */
const ofClaims: Readonly<Record<string, Omit<Publication, 'key'>>> = {
  li2020exponential: {
    authors: 'Li, Zhiyuan and Arora, Sanjeev',
    title: 'An Exponential Learning Rate Schedule for Deep Learning',
    year: 2020,
    in: 'International Conference on Learning Representations',
    arxiv: '1910.07454',
  },
  arora2019theoretical: {
    authors: 'Arora, Sanjeev and Li, Zhiyuan and Lyu, Kaifeng',
    title: 'Theoretical Analysis of Auto Rate-Tuning by Batch Normalization',
    year: 2019,
    in: 'International Conference on Learning Representations',
    arxiv: '1812.03981',
  },
  de2020batch: {
    authors: 'De, Soham and Smith, Samuel L.',
    title: 'Batch Normalization Biases Residual Blocks Towards the Identity Function in Deep Networks',
    year: 2020,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '2002.10444',
  },
  li2020budgeted: {
    authors: 'Li, Mengtian and Yumer, Ersin and Ramanan, Deva',
    title: 'Budgeted Training: Rethinking Deep Neural Network Training Under Resource Constraints',
    year: 2020,
    in: 'International Conference on Learning Representations',
    arxiv: '1905.04753',
  },
  defazio2023optimal: {
    authors: 'Defazio, Aaron and Cutkosky, Ashok and Mehta, Harsh and Mishchenko, Konstantin',
    title: 'Optimal Linear Decay Learning Rate Schedules and Further Refinements',
    year: 2023,
    arxiv: '2310.07831',
  },
  yang2019mean: {
    authors:
      'Yang, Greg and Pennington, Jeffrey and Rao, Vinay and Sohl-Dickstein, Jascha and Schoenholz, Samuel S.',
    title: 'A Mean Field Theory of Batch Normalization',
    year: 2019,
    in: 'International Conference on Learning Representations',
    arxiv: '1902.08129',
  },
  defazio2025gradients: {
    authors: 'Defazio, Aaron',
    title: 'Why Gradients Rapidly Increase Near the End of Training',
    year: 2025,
    arxiv: '2506.02285',
  },
  santurkar2018how: {
    authors: 'Santurkar, Shibani and Tsipras, Dimitris and Ilyas, Andrew and Madry, Aleksander',
    title: 'How Does Batch Normalization Help Optimization?',
    year: 2018,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '1805.11604',
  },
  vanlaarhoven2017l2: {
    authors: 'van Laarhoven, Twan',
    title: 'L2 Regularization versus Batch and Weight Normalization',
    year: 2017,
    arxiv: '1706.05350',
  },
  kodryan2022training: {
    authors: 'Kodryan, Maxim and Lobacheva, Ekaterina and Nakhodnov, Maksim and Vetrov, Dmitry',
    title: 'Training Scale-Invariant Neural Networks on the Sphere Can Happen in Three Regimes',
    year: 2022,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '2209.03695',
  },
  izmailov2018averaging: {
    authors:
      'Izmailov, Pavel and Podoprikhin, Dmitrii and Garipov, Timur and Vetrov, Dmitry and Wilson, Andrew Gordon',
    title: 'Averaging Weights Leads to Wider Optima and Better Generalization',
    year: 2018,
    in: 'Conference on Uncertainty in Artificial Intelligence',
    arxiv: '1803.05407',
  },
  defazio2024road: {
    authors:
      'Defazio, Aaron and Yang, Xingyu and Mehta, Harsh and Mishchenko, Konstantin and Khaled, Ahmed and Cutkosky, Ashok',
    title: 'The Road Less Scheduled',
    year: 2024,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '2405.15682',
  },
  bjorck2018understanding: {
    authors: 'Bjorck, Johan and Gomes, Carla and Selman, Bart and Weinberger, Kilian Q.',
    title: 'Understanding Batch Normalization',
    year: 2018,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '1806.02375',
  },
  laurent2016batch: {
    authors: 'Laurent, César and Pereyra, Gabriel and Brakel, Philémon and Zhang, Ying and Bengio, Yoshua',
    title: 'Batch Normalized Recurrent Neural Networks',
    year: 2016,
    in: 'IEEE International Conference on Acoustics, Speech and Signal Processing',
    arxiv: '1510.01378',
  },
  li2019understanding: {
    authors: 'Li, Xiang and Chen, Shuo and Hu, Xiaolin and Yang, Jian',
    title: 'Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift',
    year: 2019,
    in: 'IEEE Conference on Computer Vision and Pattern Recognition',
    arxiv: '1801.05134',
    doi: '10.1109/CVPR.2019.00279',
  },
  brock2021characterizing: {
    authors: 'Brock, Andrew and De, Soham and Smith, Samuel L.',
    title: 'Characterizing Signal Propagation to Close the Performance Gap in Unnormalized ResNets',
    year: 2021,
    in: 'International Conference on Learning Representations',
    arxiv: '2101.08692',
  },
  zhu2025transformers: {
    authors: 'Zhu, Jiachen and Chen, Xinlei and He, Kaiming and LeCun, Yann and Liu, Zhuang',
    title: 'Transformers without Normalization',
    year: 2025,
    in: 'IEEE Conference on Computer Vision and Pattern Recognition',
    arxiv: '2503.10622',
  },
}

/**
 * Returns the publications whose arXiv numbers texts name, such as `Ioffe & Szegedy 2015, arXiv 1502.03167`, each once,
 * in order of their keys.
 *
 * @throws {Error} naming the first arXiv number that has no entry here or in src/study/report/publications.ts.
 */
export function publicationsIn(texts: readonly string[]): readonly Publication[] {
  const all = Object.entries<Omit<Publication, 'key'>>({ ...publications, ...ofClaims })
  const numbers = new Set(
    texts.flatMap((text) => [...text.matchAll(/arXiv (\d{4}\.\d{4,5})/g)].map(([, one]) => one!)),
  )
  return [...numbers]
    .map((number) => {
      const found = all.find(([, { arxiv }]) => arxiv === number)
      if (found === undefined)
        throw new Error(`wanted an entry for arXiv ${number} in scripts/bibliography.ts, got none`)
      return { key: found[0], ...found[1] }
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

export const bib: string = join(import.meta.dirname, '../docs/science.bib')

/** Returns the contents of docs/science.bib. */
export const ofScience = (): string => bibliography(publicationsIn(claims.map(({ source }) => source)))

if (process.argv[1] === import.meta.filename) writeFileSync(bib, ofScience())
