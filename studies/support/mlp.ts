import { nn } from 'evenstep'

export interface MlpOptions {
  /** Number of hidden layers of 100 units. @default 1 */
  readonly depth?: number
  /** @default 'batch' */
  readonly normalization?: nn.Normalization
  /** Whether hidden layers are normalized before the activation, or after it as in the article. @default 'before' */
  readonly place?: 'before' | 'after'
  /** Batch normalization's momentum. @default 0.1 */
  readonly momentum?: number
  /** Makes the activation. @default a ReLU */
  readonly activation?: () => nn.Module
  /** Makes layers to put before each normalization, or after each activation. @default none */
  readonly extra?: { readonly before?: () => nn.Module; readonly after?: () => nn.Module }
  /** Initializer of the hidden weights. @default He's */
  readonly initializer?: ReturnType<typeof nn.init.kaimingNormal>
  /** Number of inputs. @default 100 */
  readonly inputs?: number
  /** Number of classes. @default 10 */
  readonly classes?: number
}

const width = 100

/** Hidden layers of 100 units, each normalized, then a linear layer; carefully initialized. */
export function mlp(options: MlpOptions = {}): nn.Module {
  const { depth = 1, normalization = 'batch', inputs = 100, classes = 10 } = options
  const layers = Array.from({ length: depth }, (_, i) => hidden(i === 0 ? inputs : width, options)).flat()
  const model = new nn.Sequential(...layers, new nn.Linear(width, classes))
  return normalization === 'batch'
    ? model
    : nn.normalizeLayers(model, normalization, { shape: [8, inputs], dtype: 'float32' })
}

function hidden(inputs: number, options: MlpOptions): nn.Module[] {
  const { place = 'before', momentum = 0.1, activation = () => new nn.ReLU(), extra = {} } = options
  const linear = new nn.Linear(inputs, width)
  linear.weight.initializer = options.initializer ?? nn.init.kaimingNormal({ nonlinearity: 'relu' })
  linear.bias!.initializer = nn.init.zeros
  const norm = new nn.BatchNorm1d(width, { momentum })
  const [before, after] = [extra.before?.(), extra.after?.()].map((layer) => (layer ? [layer] : []))
  const inner = place === 'before' ? [...before!, norm, activation()] : [activation(), ...before!, norm]
  return [linear, ...inner, ...after!]
}
