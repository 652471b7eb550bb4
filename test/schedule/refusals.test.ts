import { expect, test } from 'vitest'
import { ArgumentError, FormatError } from '../../src/core/errors.ts'
import * as s from '../../src/schedule/index.ts'

const cosine = s.cosineAnnealing(0.1, { tMax: 100 })
const given = (options: unknown) => options as never

// biome-ignore format: one case a line
const refusals: readonly (readonly [() => unknown, string])[] = [
  [() => s.step(0.1, { stepSize: 0 }), 'schedule.step: wanted stepSize as a number > 0 or a percentage of the run, got 0'],
  [() => s.step(0.1, given({})), 'schedule.step: wanted stepSize as a number > 0 or a percentage of the run, got nothing'],
  [() => s.step(NaN, { stepSize: 1 }), 'schedule.step: wanted initial as a finite number, got NaN'],
  [() => s.step(0.1, given({ stepSize: '30' })), 'schedule.step: wanted stepSize as a number > 0 or a percentage of the run, got "30"; write 30 without quotes'],
  [() => s.step(0.1, given({ stepsize: 30 })), 'schedule.step: wanted one of stepSize, gamma, got stepsize; did you mean stepSize?'],
  [() => s.step(0.1, given({ step_size: 30 })), 'schedule.step: wanted one of stepSize, gamma, got step_size; did you mean stepSize?'],
  [() => s.step(0.1, given({ stepSize: 30, initial: 1 })), 'schedule.step: wanted one of stepSize, gamma, got initial'],
  [() => s.step(0.1, given(30)), 'schedule.step: wanted options as an object of stepSize, gamma, got 30'],
  [() => s.step(0.1, { stepSize: 3, gamma: -1 }), 'schedule.step: wanted gamma as a number ≥ 0, got -1'],
  [() => s.constant(Infinity), 'schedule.constant: wanted value as a finite number, got Infinity'],
  [() => s.parse({ type: 'constant', value: 1, x: 1 }), 'schedule.constant: wanted one of value, got x'],
  [() => s.multiStep(1, { milestones: [1, -2] }), 'schedule.multiStep: wanted milestones[1] as a number ≥ 0 or a percentage of the run, got -2'],
  [() => s.multiStep(1, given({ milestones: 5 })), 'schedule.multiStep: wanted milestones as a list, each a number ≥ 0 or a percentage of the run, got 5'],
  [() => s.piecewiseConstant([1, 2], { milestones: [] }), 'schedule.piecewiseConstant: wanted 1 milestone for 2 values, got 0; list the step at which each after the first begins'],
  [() => s.piecewiseConstant([1, 2, 3], { milestones: [5, 5] }), 'schedule.piecewiseConstant: wanted strictly increasing milestones, got [5,5]; sort them, each step once'],
  [() => s.piecewiseLinear([[0, 1], [0, 2]]), 'schedule.piecewiseLinear: wanted strictly increasing steps in points, got [0,0]; sort them, each step once'],
  [() => s.piecewiseLinear(given([[0]])), 'schedule.piecewiseLinear: wanted points[0] as [step, value], got [0]'],
  [() => s.piecewiseLinear([]), 'schedule.piecewiseLinear: wanted points as a list of [step, value], got []'],
  [() => s.table([]), 'schedule.table: wanted 1 or more values, got 0; list one value per step'],
  [() => s.cosineAnnealing(1, given({ tMax: 5, after: 'loop' })), `schedule.cosineAnnealing: wanted after as 'hold', 'repeat', 'extrapolate' or 'throw', got "loop"`],
  [() => s.exponential(1, given({ gamma: 0.9, staircase: 1 })), 'schedule.exponential: wanted staircase as true or false, got 1'],
  [() => s.rex(1, { totalSteps: 5, after: 'extrapolate' }), `schedule.rex: wanted after as 'hold', 'repeat' or 'throw', got "extrapolate"; its formula is undefined after the last step`],
  [() => s.table([1, 2], { after: 'extrapolate' }), `schedule.table: wanted after as 'hold', 'repeat' or 'throw', got "extrapolate"; its formula is undefined after the last step`],
  [() => s.oneCycle(1, { totalSteps: 10, pctStart: 1, after: 'extrapolate' }), `schedule.oneCycle: wanted after as 'hold', 'repeat' or 'throw', got "extrapolate"; its formula is undefined after the last step`],
  [() => s.polynomial(1, { power: 0.5, after: 'extrapolate' }), `schedule.polynomial: wanted after as 'hold', 'repeat' or 'throw', got "extrapolate"; its formula is undefined after the last step`],
  [() => s.oneCycle(1, {}), 'schedule.oneCycle: wanted totalSteps, or epochs and stepsPerEpoch, got {}; give the length once'],
  [() => s.oneCycle(1, { totalSteps: 10, epochs: 5 }), 'schedule.oneCycle: wanted totalSteps, or epochs and stepsPerEpoch, got {"totalSteps":10,"epochs":5}; give the length once'],
  [() => s.oneCycle(1, { totalSteps: 2.5 }), 'schedule.oneCycle: wanted totalSteps as a positive integer or a percentage of the run, got 2.5'],
  [() => s.oneCycle(1, { totalSteps: 10, pctStart: 0.1 }), 'schedule.oneCycle: wanted pctStart × totalSteps other than 1, got "0.1 × 10"; the warmup ends at step pctStart × totalSteps - 1, so raise either'],
  [() => s.oneCycle(1, { totalSteps: 10, pctStart: 0.6, threePhase: true }), 'schedule.oneCycle: wanted pctStart ≤ 0.5 with threePhase, got 0.6; two phases take pctStart each'],
  [() => s.cyclic(0, { maxLr: 1, mode: 'triangular2', scale: '1' }), 'schedule.cyclic: wanted a mode or a scale, got {"mode":"triangular2","scale":"given"}; leave one out'],
  [() => s.lambda(1, '1 / step'), 'schedule.lambda: wanted a finite factor at step 0, got Infinity; steps count from 0, so divide by (step + 1)'],
  [() => s.lambda(1, given(() => undefined)), 'schedule.lambda: wanted a finite factor at step 0, got nothing; return a number'],
  [() => s.lambda(1, given(5)), "schedule.lambda: wanted factor as a function of step, or an expression such as '1 / (step + 1)', got 5"],
  [() => s.lambda(1, 'stp + 1'), "schedule.lambda: wanted one of step, pi, sqrt, exp, log, cos, floor, abs, min, max, pow in 'stp + 1', got stp"],
  [() => s.warmup(cosine, { steps: 5, shape: 'exponential', startFactor: 0 }), "schedule.warmup: wanted startFactor > 0 for an exponential warmup, got 0; leave startFactor out, or set shape to 'linear'"],
  [() => s.warmup(given(0.1), { steps: 5 }), 'schedule.warmup: wanted schedule as a schedule, got 0.1; write constant(0.1)'],
  [() => s.warmup(given(() => 1), { steps: 5 }), 'schedule.warmup: wanted schedule as a schedule, got a function; make it with a constructor or with schedule.parse'],
  [() => s.sequential([cosine, cosine], { milestones: [] }), 'schedule.sequential: wanted 1 milestone for 2 schedules, got 0; list the step at which each after the first begins'],
  [() => s.sequential([cosine, cosine], { milestones: [0] }), 'schedule.sequential: wanted milestones[0] as a number > 0 or a percentage of the run, got 0'],
  [() => s.chained([]), 'schedule.chained: wanted schedules as a list of schedules, got []'],
  [() => s.clamped(cosine, {}), 'schedule.clamped: wanted min, max or both, got nothing'],
  [() => s.clamped(cosine, { min: 2, max: 1 }), 'schedule.clamped: wanted max ≥ min, which is 2, got 1'],
  [() => s.cosineAnnealing(1, { tMax: 5, after: 'throw' })(6), 'schedule.cosineAnnealing: wanted a step ≤ 5, got 6; train for fewer steps, or set after to hold, repeat or extrapolate'],
  [() => s.toWeightDecayFree(s.linear(1, { startFactor: 0 }), { weightDecay: 0, momentum: 0 })(3), 'schedule.toWeightDecayFree: wanted a schedule > 0 at step 0, got 0; end it above 0, as with etaMin'],
  [() => s.toWeightDecayFree(s.constant(3), { weightDecay: 1, momentum: 0 })(0), 'schedule.toWeightDecayFree: wanted α > 0 at step 0, got -2; lower the schedule or the weight decay'],
  [() => s.refine(1, [1, 0]), 'schedule.refine: wanted gradientNorms[1] as a number > 0, got 0'],
  [() => s.values(cosine, 1.5), 'schedule.values: wanted n as an integer ≥ 0, got 1.5'],
  [() => s.summary(cosine, 0), 'schedule.summary: wanted n as a positive integer, got 0'],
  [() => s.parse(null), "schedule.parse: wanted a spec or its text, got null; write { type: 'constant', value: 0.1 }"],
  [() => s.parse(NaN), 'schedule.constant: wanted value as a finite number, got NaN'],
  [() => s.reduceOnPlateau({ factor: 1 }), 'schedule.reduceOnPlateau: wanted factor as a number ≥ 0 and < 1, got 1'],
  [() => s.reduceOnPlateau(given({ patence: 1 })), 'schedule.reduceOnPlateau: wanted one of preset, mode, factor, patience, threshold, thresholdMode, cooldown, minFactor, eps, accumulationSize, nonFinite, got patence; did you mean patience?'],
  [() => s.reduceOnPlateau({ preset: 'optax', patience: 0 }), 'schedule.reduceOnPlateau: wanted patience ≥ 1 for optax, got 0; with 0, Optax reduces at each improvement'],
  [() => s.greedy({ minFactor: 2, maxFactor: 1 }), 'schedule.greedy: wanted maxFactor ≥ minFactor, which is 2, got 1'],
  [() => s.earlyStopping({ patience: 0 }), 'schedule.earlyStopping: wanted patience as a positive integer, got 0'],
  [() => s.fold(s.earlyStopping({ nonFinite: 'throw' }), [1, NaN]), "schedule.earlyStopping: wanted a finite metric, got NaN; or set nonFinite to 'bad' or 'ignore'"],
  [() => s.parseController({ type: 'greddy' }), 'schedule.parseController: wanted type as one of reduceOnPlateau, greedy, earlyStopping, got greddy; did you mean greedy?'],
  [() => s.parseController(5), "schedule.parseController: wanted a spec, got 5; write { type: 'reduceOnPlateau' }"],
]

test.each(refusals.map(([make, message]) => [message, make] as const))('%s', (message, make) => {
  expect(make).toThrow(new ArgumentError(message))
})

// biome-ignore format: one case a line
test.each<[string, string]>([
  ['', 'schedule.parse: wanted a schedule in "", got the end'],
  ['cosine', `schedule.parse: wanted a number after 'cosine' in "cosine", got the end`],
  ['cosin 0.1', 'schedule.parse: wanted a number, a call like step(0.1, stepSize: 30), or one of warmup, constant, cosine, polynomial, rex, step, exponential, oneCycle, linear in "cosin 0.1", got cosin; did you mean cosine?'],
  ['wamup 5% + 0.1', 'schedule.parse: wanted a number, a call like step(0.1, stepSize: 30), or one of warmup, constant, cosine, polynomial, rex, step, exponential, oneCycle, linear in "wamup 5% + 0.1", got wamup; did you mean warmup?'],
  ['0.1 0.2', 'schedule.parse: wanted the end in "0.1 0.2", got 0.2'],
  ['linear 0 to 1 over', `schedule.parse: wanted a number of steps or a percentage after 'over' in "linear 0 to 1 over", got the end`],
  ['cosine 10% to 0', `schedule.parse: wanted a number after 'cosine' in "cosine 10% to 0", got 10%`],
  ['step 1 times 50% every 10', `schedule.parse: wanted a number after 'times' in "step 1 times 50% every 10", got 50%`],
  ['50% for 5 then 1', 'schedule.parse: wanted a number after the start in "50% for 5 then 1", got 50%'],
  ['1 for 5 then 2 for 5% then 3', `schedule.parse: wanted a number of steps after 'for', as before in "1 for 5 then 2 for 5% then 3", got 5%`],
  ['1 for 5% then 2 for 5 then 3', `schedule.parse: wanted a percentage after 'for', as before in "1 for 5% then 2 for 5 then 3", got 5`],
  ['warmup 5', `schedule.parse: wanted + and a schedule after 'warmup' in "warmup 5", got the end`],
  ['0.1 for 5', `schedule.parse: wanted 'then' and a schedule after 'for' in "0.1 for 5", got the end`],
  ['(0.1', 'schedule.parse: wanted ) in "(0.1", got the end'],
  ['step(0.1 stepSize: 3)', 'schedule.parse: wanted , or ) in "step(0.1 stepSize: 3)", got stepSize'],
  ['step(0.1, 1, 1, 1)', 'schedule.parse: wanted at most 3 values for step in "step(0.1, 1, 1, 1)", got 1'],
  ['step(0.1, initial: 1)', 'schedule.parse: wanted initial once in "step(0.1, initial: 1)", got 1'],
  ['step(0.1, stepSize: )', 'schedule.parse: wanted a value in "step(0.1, stepSize: )", got )'],
  ['table([1', 'schedule.parse: wanted , or ] in "table([1", got the end'],
  ['0.1 & 0.2', 'schedule.parse: wanted a schedule in "0.1 & 0.2", got &'],
  ['12abc', 'schedule.parse: wanted a schedule in "12abc", got 12abc'],
])('the text %j is refused', (text, message) => {
  expect(() => s.parse(text)).toThrow(new FormatError(message))
})

test('what a text says is checked as a constructor checks it', () => {
  expect(() => s.parse('step 0.1')).toThrow(
    'schedule.step: wanted stepSize as a number > 0 or a percentage of the run, got nothing',
  )
  expect(() => s.parse('step(0.1, stepsize: 3)')).toThrow(
    'wanted one of initial, stepSize, gamma, got stepsize; did you mean stepSize?',
  )
  expect(() => s.parse('stpe(0.1)')).toThrow(
    /^schedule.parse: wanted type as one of .* got stpe; did you mean step\?$/,
  )
  expect(() => s.parse(`${'('.repeat(60)}1${')'.repeat(60)}`)).toThrow('wanted at most 50 nested schedules')
})

test('a schedule of a JavaScript function works, and says so when it is to be written', () => {
  const schedule = s.warmup(
    s.lambda(0.1, (step) => 1 / (step + 1)),
    { steps: 2 },
  )
  expect(schedule(2)).toBe(0.1)
  const message =
    "schedule.lambda: wanted factor as an expression to write the schedule as JSON or text, got a function; give text like '1 / (step + 1)'"
  expect(() => JSON.stringify(schedule.spec)).toThrow(new ArgumentError(message))
  expect(() => s.format(schedule)).toThrow(new ArgumentError(message))
})

test('specs are frozen', () => {
  expect(Object.isFrozen(cosine.spec)).toBe(true)
})
