import { study } from 'evenstep'

// 24 seeds of 30 combinations, by which scripts/looks.ts compares looks with 12 seeds for all; some 4 minutes.
// npm run build && npx evenstep study scripts/looks-digits.ts && npx jiti scripts/looks.ts --study runs/looks-digits
export default study.define({
  experiment: '../examples/digits.ts',
  factors: {
    normalization: ['none', 'batch'],
    schedule: ['constant', 'step', 'cosine', 'linear', 'warmupLinear'],
    lr: [0.1, 0.3, 1],
  },
  seeds: 24,
  steps: 300,
  metric: 'validationLoss',
})
