import type { Publication } from './publication.ts'

/** Publications that reports cite, by BibTeX key. */
export const publications = {
  ioffe2015batch: {
    authors: 'Ioffe, Sergey and Szegedy, Christian',
    title: 'Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift',
    year: 2015,
    in: 'International Conference on Machine Learning',
    arxiv: '1502.03167',
  },
  hoffer2017train: {
    authors: 'Hoffer, Elad and Hubara, Itay and Soudry, Daniel',
    title:
      'Train Longer, Generalize Better: Closing the Generalization Gap in Large Batch Training of Neural Networks',
    year: 2017,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '1705.08741',
  },
  ba2016layer: {
    authors: 'Ba, Jimmy Lei and Kiros, Jamie Ryan and Hinton, Geoffrey E.',
    title: 'Layer Normalization',
    year: 2016,
    arxiv: '1607.06450',
  },
  wu2018group: {
    authors: 'Wu, Yuxin and He, Kaiming',
    title: 'Group Normalization',
    year: 2018,
    in: 'European Conference on Computer Vision',
    arxiv: '1803.08494',
  },
  ulyanov2016instance: {
    authors: 'Ulyanov, Dmitry and Vedaldi, Andrea and Lempitsky, Victor',
    title: 'Instance Normalization: The Missing Ingredient for Fast Stylization',
    year: 2016,
    arxiv: '1607.08022',
  },
  he2016deep: {
    authors: 'He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian',
    title: 'Deep Residual Learning for Image Recognition',
    year: 2016,
    in: 'IEEE Conference on Computer Vision and Pattern Recognition',
    arxiv: '1512.03385',
  },
  loshchilov2017sgdr: {
    authors: 'Loshchilov, Ilya and Hutter, Frank',
    title: 'SGDR: Stochastic Gradient Descent with Warm Restarts',
    year: 2017,
    in: 'International Conference on Learning Representations',
    arxiv: '1608.03983',
  },
  goyal2017accurate: {
    authors:
      'Goyal, Priya and Dollár, Piotr and Girshick, Ross and Noordhuis, Pieter and Wesolowski, Lukasz and Kyrola, Aapo and Tulloch, Andrew and Jia, Yangqing and He, Kaiming',
    title: 'Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour',
    year: 2017,
    arxiv: '1706.02677',
  },
  smith2018super: {
    authors: 'Smith, Leslie N. and Topin, Nicholay',
    title: 'Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates',
    year: 2018,
    arxiv: '1708.07120',
  },
  hagele2024scaling: {
    authors:
      'Hägele, Alexander and Bakouch, Elie and Kosson, Atli and Ben Allal, Loubna and Von Werra, Leandro and Jaggi, Martin',
    title: 'Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations',
    year: 2024,
    in: 'Advances in Neural Information Processing Systems',
    arxiv: '2405.18392',
  },
  chen2021rex: {
    authors: 'Chen, John and Wolfe, Cameron and Kyrillidis, Anastasios',
    title: 'REX: Revisiting Budgeted Training with an Improved Schedule',
    year: 2021,
    arxiv: '2107.04197',
  },
  smith2017cyclical: {
    authors: 'Smith, Leslie N.',
    title: 'Cyclical Learning Rates for Training Neural Networks',
    year: 2017,
    in: 'IEEE Winter Conference on Applications of Computer Vision',
    arxiv: '1506.01186',
  },
  jamieson2016non: {
    authors: 'Jamieson, Kevin and Talwalkar, Ameet',
    title: 'Non-stochastic Best Arm Identification and Hyperparameter Optimization',
    year: 2016,
    in: 'International Conference on Artificial Intelligence and Statistics',
    arxiv: '1502.07943',
  },
  bergstra2011algorithms: {
    authors: 'Bergstra, James and Bardenet, Rémi and Bengio, Yoshua and Kégl, Balázs',
    title: 'Algorithms for Hyper-Parameter Optimization',
    year: 2011,
    in: 'Advances in Neural Information Processing Systems',
  },
  efron1979bootstrap: {
    authors: 'Efron, Bradley',
    title: 'Bootstrap Methods: Another Look at the Jackknife',
    year: 1979,
    type: 'article',
    in: 'The Annals of Statistics',
    doi: '10.1214/aos/1176344552',
  },
  hesterberg2015teachers: {
    authors: 'Hesterberg, Tim C.',
    title:
      'What Teachers Should Know About the Bootstrap: Resampling in the Undergraduate Statistics Curriculum',
    year: 2015,
    type: 'article',
    in: 'The American Statistician',
    doi: '10.1080/00031305.2015.1089789',
  },
  holm1979simple: {
    authors: 'Holm, Sture',
    title: 'A Simple Sequentially Rejective Multiple Test Procedure',
    year: 1979,
    type: 'article',
    in: 'Scandinavian Journal of Statistics',
  },
  fisher1925statistical: {
    authors: 'Fisher, Ronald A.',
    title: 'Statistical Methods for Research Workers',
    year: 1925,
    type: 'book',
    in: 'Oliver and Boyd',
  },
  wilson1927probable: {
    authors: 'Wilson, Edwin B.',
    title: 'Probable Inference, the Law of Succession, and Statistical Inference',
    year: 1927,
    type: 'article',
    in: 'Journal of the American Statistical Association',
    doi: '10.1080/01621459.1927.10502953',
  },
  wan2020spherical: {
    authors: 'Wan, Ruosi and Zhu, Zhanxing and Zhang, Xiangyu and Sun, Jian',
    title:
      'Spherical Motion Dynamics: Learning Dynamics of Neural Network with Normalization, Weight Decay, and SGD',
    year: 2020,
    arxiv: '2006.08419',
  },
  kosson2024rotational: {
    authors: 'Kosson, Atli and Messmer, Bettina and Jaggi, Martin',
    title: 'Rotational Equilibrium: How Weight Decay Balances Learning Across Neural Networks',
    year: 2024,
    in: 'International Conference on Machine Learning',
    arxiv: '2305.17212',
  },
  wu2021rethinking: {
    authors: 'Wu, Yuxin and Johnson, Justin',
    title: 'Rethinking "Batch" in BatchNorm',
    year: 2021,
    arxiv: '2105.07576',
  },
} as const satisfies Readonly<Record<string, Omit<Publication, 'key'>>>
