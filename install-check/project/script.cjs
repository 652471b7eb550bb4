const { nn, schedule } = require('evenstep')

if (schedule.constant(0.1)(7) !== 0.1 || !nn.Linear) throw new Error('wanted what an import has')
