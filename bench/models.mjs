import { constant, nn, ops } from '../dist/index.js'

// The models of workloads.mjs; models.py has the same.

const convolution = (from, to, stride = 1) => new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false })

function mlp({ sizes }) {
  const layers = sizes.slice(1).flatMap((outputs, i) => {
    const linear = new nn.Linear(sizes[i], outputs)
    return i === sizes.length - 2 ? [linear] : [linear, new nn.ReLU(), new nn.BatchNorm1d(outputs)]
  })
  return new nn.Sequential(...layers)
}

function signalCnn() {
  const layer = (from, to, kernel) => [
    new nn.Conv1d(from, to, kernel, { padding: 'same', bias: false }),
    new nn.BatchNorm1d(to),
    new nn.ReLU(),
    new nn.MaxPool1d(2),
  ]
  const layers = [...layer(1, 16, 15), ...layer(16, 32, 9), ...layer(32, 32, 5)]
  return new nn.Sequential(...layers, new nn.Flatten(), new nn.Linear(512, 2))
}

const digitsCnn = () =>
  new nn.Sequential(
    convolution(1, 16),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    convolution(16, 32),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Dropout(0.25),
    new nn.Linear(800, 10),
  )

function resnet20() {
  const shortcut = (from, to, stride) =>
    from === to
      ? new nn.Identity()
      : new nn.Sequential(new nn.Conv2d(from, to, 1, { stride, bias: false }), new nn.BatchNorm2d(to))
  const block = (from, to, stride) => {
    const first = [convolution(from, to, stride), new nn.BatchNorm2d(to), new nn.ReLU()]
    const body = new nn.Sequential(...first, convolution(to, to), new nn.BatchNorm2d(to))
    return new nn.Sequential(new nn.Residual(body, shortcut(from, to, stride)), new nn.ReLU())
  }
  const stage = (from, to, stride) => [block(from, to, stride), block(to, to, 1), block(to, to, 1)]
  return new nn.Sequential(
    convolution(3, 16),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    ...stage(16, 16, 1),
    ...stage(16, 32, 2),
    ...stage(32, 64, 2),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  )
}

/** Predicts the token after a sequence. */
class Gru {
  constructor({ tokens, features, hidden }) {
    this.embedding = new nn.Embedding(tokens, features)
    this.gru = new nn.GRU(features, hidden, { batchFirst: true })
    this.head = new nn.Linear(hidden, tokens)
  }
  forward(x, mode) {
    const states = this.gru.forward(this.embedding.forward(x), mode)
    return this.head.forward(ops.flatten(ops.slice(states, [[], [-1]]), 1))
  }
}

/** Predicts a token at each position. */
class Lstm {
  constructor({ tokens, hidden }) {
    this.embedding = new nn.Embedding(tokens, hidden)
    this.lstm = new nn.LSTM(hidden, hidden, { batchFirst: true })
    this.head = new nn.Linear(hidden, tokens)
  }
  forward(x, mode) {
    const states = this.lstm.forward(this.embedding.forward(x), mode)
    return this.head.forward(ops.flatten(states, 0, 1))
  }
}

class Block {
  constructor(width, heads) {
    this.ln1 = new nn.LayerNorm(width)
    this.attention = new nn.MultiheadAttention(width, heads, { batchFirst: true })
    this.ln2 = new nn.LayerNorm(width)
    this.fc1 = new nn.Linear(width, 4 * width)
    this.gelu = new nn.GELU()
    this.fc2 = new nn.Linear(4 * width, width)
  }
  forward(x, mode, attnMask) {
    const attended = ops.add(x, this.attention.forward(this.ln1.forward(x), mode, { attnMask }))
    const hidden = this.gelu.forward(this.fc1.forward(this.ln2.forward(attended)))
    return ops.add(attended, this.fc2.forward(hidden))
  }
}

/** Predicts a token at each position from the tokens up to there. */
class Transformer {
  #length
  constructor({ tokens, width, heads, layers, length }) {
    this.#length = length
    this.token = new nn.Embedding(tokens, width)
    this.position = new nn.Embedding(length, width)
    this.blocks = Array.from({ length: layers }, () => new Block(width, heads))
    this.norm = new nn.LayerNorm(width)
    this.head = new nn.Linear(width, tokens, { bias: false })
  }
  forward(x, mode) {
    const places = Array.from({ length: this.#length }, (_, i) => i)
    const later = places.flatMap((row) => places.map((column) => Number(column > row)))
    const mask = ops.greater(constant(later, [this.#length, this.#length]), 0)
    const start = ops.add(this.token.forward(x), this.position.weight.value)
    const deep = this.blocks.reduce((h, block) => block.forward(h, mode, mask), start)
    return this.head.forward(ops.flatten(this.norm.forward(deep), 0, 1))
  }
}

const types = {
  mlp,
  signalCnn,
  digitsCnn,
  resnet20,
  gru: (sizes) => new Gru(sizes),
  lstm: (sizes) => new Lstm(sizes),
  transformer: (sizes) => new Transformer(sizes),
}

/** Makes the model that a workload describes. */
export const modelOf = ({ model }) => types[model.type](model)

/** Cross-entropy; a label at each position is an example of its own. */
export const lossOf = (output, labels) => ops.crossEntropy(output, ops.reshape(labels, [output.shape[0]]))
