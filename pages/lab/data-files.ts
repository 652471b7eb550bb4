/** Addresses of the data sets' files, which the bundler copies beside the scripts. */
export const dataFiles: Readonly<Record<string, URL>> = {
  'spirals.npz': new URL('./data/spirals.npz', import.meta.url),
  'splice.npz': new URL('./data/splice.npz', import.meta.url),
  'heartbeats.npz': new URL('./data/heartbeats.npz', import.meta.url),
}
