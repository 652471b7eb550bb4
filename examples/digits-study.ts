import { study } from 'evenstep'

// How does batch normalization change which learning rate and which schedule are right? One epoch of the
// digits per combination; a few minutes on two cores.
export default study.define({
  experiment: 'digits.ts',
  factors: {
    normalization: ['none', 'batch'],
    schedule: ['constant', 'step', 'warmupLinear', 'oneCycle', "lambda({lr}, 'step / (step + 1)')"],
    lr: { from: 0.01, to: 10, count: 7 },
  },
  seeds: 3,
  steps: 937,
  watch: true,
})
