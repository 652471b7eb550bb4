import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { assignAll, readSafetensors, type Stored, writeSafetensors } from '../../src/train/index.ts'

const stateless = [
  new nn.Flatten(),
  new nn.Identity(),
  new nn.MaxPool1d(2),
  new nn.MaxPool2d(2),
  new nn.AvgPool1d(2),
  new nn.AvgPool2d(2),
  new nn.AdaptiveAvgPool1d(1),
  new nn.AdaptiveAvgPool2d(1),
  new nn.Dropout(),
  new nn.ReLU(),
  new nn.ReLU6(),
  new nn.LeakyReLU(),
  new nn.ELU(),
  new nn.CELU(),
  new nn.SELU(),
  new nn.GELU(),
  new nn.SiLU(),
  new nn.Mish(),
  new nn.Tanh(),
  new nn.Sigmoid(),
  new nn.LogSigmoid(),
  new nn.Softplus(),
  new nn.Hardtanh(),
  new nn.Hardsigmoid(),
  new nn.Hardswish(),
  new nn.Softmax({ dim: -1 }),
  new nn.LogSoftmax({ dim: -1 }),
]
const inner = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2))

/** The modules of `scripts/golden-zoo.py`. */
const zoo: Readonly<Record<string, object>> = {
  Linear: new nn.Linear(3, 2),
  'Linear without bias': new nn.Linear(3, 2, { bias: false }),
  Embedding: new nn.Embedding(4, 3),
  Conv1d: new nn.Conv1d(4, 6, 3, { groups: 2 }),
  Conv2d: new nn.Conv2d(2, 3, [3, 2]),
  Conv3d: new nn.Conv3d(2, 3, 2, { bias: false }),
  ConvTranspose1d: new nn.ConvTranspose1d(4, 6, 3, { groups: 2 }),
  ConvTranspose2d: new nn.ConvTranspose2d(2, 3, 3),
  BatchNorm1d: new nn.BatchNorm1d(3),
  BatchNorm2d: new nn.BatchNorm2d(3, { affine: false }),
  BatchNorm3d: new nn.BatchNorm3d(3, { trackRunningStats: false }),
  LayerNorm: new nn.LayerNorm([2, 3]),
  'LayerNorm without bias': new nn.LayerNorm(3, { bias: false }),
  RMSNorm: new nn.RMSNorm(3),
  GroupNorm: new nn.GroupNorm(2, 4),
  InstanceNorm1d: new nn.InstanceNorm1d(3, { affine: true }),
  InstanceNorm2d: new nn.InstanceNorm2d(3, { affine: true, trackRunningStats: true }),
  PReLU: new nn.PReLU({ numParameters: 3 }),
  RNN: new nn.RNN(3, 2, { numLayers: 2, bidirectional: true }),
  LSTM: new nn.LSTM(3, 2, { numLayers: 2 }),
  GRU: new nn.GRU(3, 2, { bias: false }),
  MultiheadAttention: new nn.MultiheadAttention(4, 2),
  'MultiheadAttention of others': new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 5 }),
  Sequential: new nn.Sequential(...stateless, inner, new nn.Linear(2, 1)),
}

const path = new URL('zoo.safetensors', import.meta.url)
const given = readSafetensors(readFileSync(path), 'zoo.safetensors')
const stateOf = (kind: string): ReadonlyMap<string, Stored> =>
  new Map(
    [...given].flatMap(([name, tensor]) =>
      name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), tensor]] : [],
    ),
  )

test('the state of each module of PyTorch is read and written with the same names, types and numbers', () => {
  const back = new Map<string, Stored>()
  for (const [kind, module] of Object.entries(zoo)) {
    assignAll(nn.variables(module), stateOf(kind), kind)
    const written = readSafetensors(writeSafetensors(nn.variables(module)), kind)
    for (const [name, tensor] of written) back.set(`${kind}/${name}`, tensor)
  }
  expect([...back.keys()].sort()).toEqual([...given.keys()].sort())
  for (const [name, tensor] of given) expect(back.get(name), name).toEqual(tensor)
  if (process.env.EVENSTEP_ZOO) writeFileSync(process.env.EVENSTEP_ZOO, writeSafetensors(back))
})
