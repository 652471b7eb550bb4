import { misfit, sameShape, showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { called, checkLayer, checkMode, type Mode, type Module } from './module.ts'

/** Returns its input `x` unchanged. Like PyTorch's `nn.Identity`. */
export class Identity implements Module {
  forward(x: Tensor): Tensor {
    return x
  }
}

/**
 * Multiplies its input by one learned number, `gain`, which is 0 at first. As the last layer of a residual branch it
 * makes the block start as its shortcut, as batch normalization nearly does, so that deep nets train without it.
 *
 * Source: De & Smith 2020, https://arxiv.org/abs/2002.10444, section 4 (SkipInit).
 *
 * @example
 * new nn.Residual(new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU(), new nn.SkipInit()))
 */
export class SkipInit implements Module {
  /** The factor, `[1]`. */
  readonly gain: Variable = new Variable([1])

  /** @returns `gain · x` */
  forward(x: Tensor): Tensor {
    return mul(x, this.gain.value)
  }
}

/**
 * Computes `shortcut(x) + branch(x)`: the branch learns the difference between output and shortcut.
 *
 * If the scale γ of the branch's last normalization is initialized by `nn.init.zeros`, the block initially equals its
 * shortcut.
 *
 * Source: He et al. 2015, https://arxiv.org/abs/1512.03385; Goyal et al. 2017, https://arxiv.org/abs/1706.02677,
 * section 5.1.
 */
export class Residual implements Module {
  readonly branch: Module
  readonly shortcut: Module

  /** @param shortcut the identity, or a projection if the branch changes the shape */
  constructor(branch: Module, shortcut: Module = new Identity()) {
    checkLayer('Residual', 'branch', branch)
    checkLayer('Residual', 'shortcut', shortcut)
    this.branch = branch
    this.shortcut = shortcut
  }

  /** Adds shortcut and branch. @throws {ShapeError} when their outputs differ in shape. */
  forward(x: Tensor, mode: Mode): Tensor {
    checkMode(this, 'Residual', mode)
    const [short, long] = [this.shortcut.forward(x, mode), this.branch.forward(x, mode)]
    if (sameShape(short.shape, long.shape)) return add(short, long)
    const wanted = `a branch of ${showShape(short.shape)}, the shape of the shortcut`
    throw misfit(called(this, 'Residual'), wanted, long.shape, 'project the shortcut')
  }
}
