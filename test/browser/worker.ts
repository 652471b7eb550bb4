import { train } from 'evenstep'
import { clouds } from './training.ts'

train.serve({ clouds: ({ device }: { readonly device: 'wasm' }) => clouds(device) })
