/** A data set of the lab. */
export interface DataSet {
  readonly title: string
  /** What its examples are, in one sentence. */
  readonly says: string
  /** Size of an example. */
  readonly inputs: number
  readonly classes: readonly string[]
  /** File of arrays beside this module, in `data`; the digits are those of the package. */
  readonly file?: string
  /** Where the data come from, and under which licence. */
  readonly source: string
}

export const dataSets: Readonly<Record<string, DataSet>> = {
  digits: {
    title: 'Digits',
    says: '60,000 handwritten digits of 10 × 10 pixels to learn from, and 10,000 to be asked about.',
    inputs: 100,
    classes: [...'0123456789'],
    source: 'MNIST, Yann LeCun, Corinna Cortes and Christopher Burges; averaged to 10 × 10 pixels.',
  },
  spirals: {
    title: 'Two spirals',
    says: '2,000 points on two spirals that wind around each other: a small, hard problem.',
    inputs: 2,
    classes: ['one', 'other'],
    file: 'spirals.npz',
    source: 'Computed, after Lang and Witbrock 1988, with noise.',
  },
  dna: {
    title: 'DNA',
    says: 'Pieces of 60 bases: does a gene’s coding part begin in the middle, end there, or neither?',
    inputs: 240,
    classes: ['ends', 'begins', 'neither'],
    file: 'splice.npz',
    source:
      'Primate splice junctions, UCI Machine Learning Repository, from GenBank 64.1; CC BY 4.0. Here one-hot, without repeats.',
  },
  heartbeats: {
    title: 'Heartbeats',
    says: 'Heartbeats of 22 patients in an electrocardiogram, by type; asked about are 22 other patients.',
    inputs: 128,
    classes: ['normal', 'supraventricular', 'ventricular', 'fusion'],
    file: 'heartbeats.npz',
    source:
      'MIT-BIH Arrhythmia Database 1.0.0, PhysioNet (Moody and Mark 2001; Goldberger et al. 2000); ODC-BY 1.0. Here a part of it, resampled.',
  },
}

export const dataNames: readonly string[] = Object.keys(dataSets)
