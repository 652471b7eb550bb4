import { cosineAnnealing, warmup } from 'evenstep/schedule'

globalThis.lr = warmup(cosineAnnealing(0.1, { totalSteps: 100 }), { steps: 5 })
