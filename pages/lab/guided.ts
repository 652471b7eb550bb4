import { defaultNet, defaultSetting, type Net, type Setting } from './setting.ts'

/** An experiment that the page proposes: what to train, what one sees, and what follows. */
export interface Experiment {
  readonly title: string
  /** Where docs/science.md tests it. */
  readonly claim: string
  /** The nets, in one sentence. */
  readonly says: string
  /** What to look at, and what it means. */
  readonly look: string
  /** Charts that show it, by their names; the page puts them first. */
  readonly charts: readonly ChartName[]
  readonly setting: Setting
}

/** Names of the page's charts. */
export type ChartName =
  | 'loss'
  | 'accuracy'
  | 'rate'
  | 'effectiveRate'
  | 'norm'
  | 'angle'
  | 'gradient'
  | 'mean'
  | 'variance'

const net = (changes: Partial<Net>): Net => ({ ...defaultNet, ...changes })
const setting = (nets: readonly Net[], changes: Partial<Setting> = {}): Setting => ({
  ...defaultSetting,
  ...changes,
  nets,
})

/** Momentum and decay by which a net turns at a steady pace after some 250 steps. */
const decayed = { shape: '1', rate: 0.1, weightDecay: 5e-3 }

export const experiments: readonly Experiment[] = [
  {
    title: 'Weights grow without decay',
    claim: 'S5',
    says: 'A has no weight decay, B has.',
    look: 'The gradient is orthogonal to weights before a normalization, so each step makes them longer: A’s norm only rises, and its effective rate falls although its rate stays. B’s decay shortens them again.',
    charts: ['norm', 'effectiveRate', 'loss'],
    setting: setting([net({ shape: '1', weightDecay: 0 }), net(decayed)]),
  },
  {
    title: 'Weights 4 times as large need 16 times the rate',
    claim: 'S3',
    says: 'B’s hidden weights begin 4 times as large as A’s; C’s do too, and have 16 times the rate.',
    look: 'A normalization makes the length of the weights before it irrelevant; only the effective rate, η/‖w‖², counts. C’s loss lies on A’s, while B learns as if its rate were 16 times lower.',
    charts: ['loss', 'effectiveRate', 'norm'],
    setting: setting(
      [1, 4, 4].map((scale, i) => net({ scale, hiddenRate: [1, 1, 16][i]!, shape: '1', weightDecay: 0 })),
      { steps: 600 },
    ),
  },
  {
    title: 'Too high a rate leaves ‖w‖ too large for good',
    claim: 'B11',
    says: 'B has 20 times A’s rate for the first 50 steps, and then the same.',
    look: 'Weights before a normalization grow until the effective rate is small enough to go on. But they stay long: for the rest of the run, B learns at an effective rate 20 times lower than A’s.',
    charts: ['norm', 'effectiveRate', 'loss'],
    setting: setting(
      [
        net({ shape: '1', weightDecay: 0 }),
        net({
          shape: '1',
          weightDecay: 0,
          changes: [
            { step: 0, kind: 'rate', factor: 20 },
            { step: 50, kind: 'rate', factor: 0.05 },
          ],
        }),
      ],
      { steps: 1000 },
    ),
  },
  {
    title: 'Statistics lag behind a constant rate',
    claim: 'B15',
    says: 'Both nets have slow statistics. A’s rate is constant, B’s falls to 0.',
    look: 'In training, a net uses the statistics of the batch; afterwards, running ones. While the weights move, these are out of date. A rate that falls to 0 lets them catch up.',
    charts: ['variance', 'mean', 'accuracy'],
    setting: setting(
      [
        net({ shape: '1', rate: 1, statistics: 0.003 }),
        net({ shape: 'cosine 1 to 0', rate: 1, statistics: 0.003 }),
      ],
      { steps: 800 },
    ),
  },
  {
    title: 'Weight decay is a schedule',
    claim: 'S4',
    says: 'A has weight decay. B has none, but a rate that grows; C has neither.',
    look: 'For weights before a normalization, decay does nothing but raise the effective rate step by step. toWeightDecayFree puts that into the schedule: B’s loss lies on A’s, though its weights grow.',
    charts: ['loss', 'rate', 'effectiveRate', 'norm'],
    setting: setting(
      [
        net({ ...decayed, shape: 'cosine 1 to 0.01' }),
        net({ ...decayed, shape: 'cosine 1 to 0.01', changes: [{ step: 0, kind: 'decayFree' }] }),
        net({ ...decayed, shape: 'cosine 1 to 0.01', changes: [{ step: 0, kind: 'noDecay' }] }),
      ],
      { steps: 800 },
    ),
  },
  {
    title: 'Decay fixes the angle of a step',
    claim: 'A8',
    says: 'B begins with weights 4 times as large as A’s; both have decay.',
    look: 'With decay, steps soon turn the weights by √(2ηλ/(1 + μ)) each, the dashed line, whatever length the weights had at first. The rate is then a pace of turning.',
    charts: ['angle', 'norm', 'loss'],
    setting: setting([net(decayed), net({ ...decayed, scale: 4 })]),
  },
  {
    title: 'Normalization allows higher rates',
    claim: 'B12',
    says: 'Six hidden layers at a rate of 0.3: A with batch normalization, B with layer normalization, C with none.',
    look: 'Batch normalization makes the loss smooth enough for this rate. B never learns, and C’s numbers soon grow beyond all bounds; at a rate of 0.1, all three learn.',
    charts: ['loss', 'accuracy', 'gradient'],
    setting: setting(
      (['batch', 'layer', 'none'] as const).map((normalization) =>
        net({ depth: 6, rate: 0.3, normalization }),
      ),
      { steps: 1000 },
    ),
  },
  {
    title: 'Batch normalization leans on the batch',
    claim: 'B25',
    says: 'Four examples a batch: A with batch normalization, B with layer normalization.',
    look: 'The mean and variance of four examples are noise, which A trains with; each example of B stands for itself. Then ask A about the examples in training mode, with statistics of a thousand.',
    charts: ['loss', 'accuracy', 'variance'],
    setting: setting([net({ rate: 0.05 }), net({ rate: 0.05, normalization: 'layer' })], {
      batchSize: 4,
      steps: 3000,
    }),
  },
]
