import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'

/** A network that takes an image of 2 × 3 and a code from 0 to 3, and returns scores of three kinds and a price. */
export class TwoInTwoOut {
  readonly fc = new nn.Linear(6, 8)
  readonly bn = new nn.BatchNorm1d(8)
  readonly codes = new nn.Embedding(4, 3)
  readonly kind = new nn.Linear(11, 3)
  readonly price = new nn.Linear(11, 1)

  forward({ image, code }: nn.TensorRecord, mode: nn.Mode): nn.TensorRecord {
    const hidden = ops.relu(this.bn.forward(this.fc.forward(ops.reshape(image!, [-1, 6])), mode))
    const joined = ops.concat([hidden, this.codes.forward(code!)], 1)
    return { kind: this.kind.forward(joined), price: ops.reshape(this.price.forward(joined), [-1]) }
  }
}
