/** Number of files of each reader, with seed 1, whose numbers scripts/golden-readers.py reads. */
export const sample: Readonly<Record<string, number>> = {
  npy: 60,
  npz: 30,
  idx: 50,
  cifar: 12,
  safetensors: 60,
  parquet: 60,
  images: 40,
}
