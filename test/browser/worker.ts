import { train } from 'evenstep'
import { type CloudSettings, clouds } from './training.ts'

train.serve({ clouds: ({ device, ...settings }: CloudSettings) => clouds(device, settings) })
