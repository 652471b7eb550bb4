// Runs the built command on each of several lists of arguments, one after another in this process, and prints what came
// of them as JSON: to start takes longer than most commands do.
const [node, , main, lists] = process.argv
const print = process.stdout.write.bind(process.stdout)
const outcomes = []
let [out, err] = ['', '']
process.stdout.write = (text, written) => {
  out += text
  written?.()
  return true
}
process.stderr.write = (text) => {
  err += text
  return true
}
for (const one of [process, process.stdout, process.stderr]) one.setMaxListeners(0)

for (const [i, args] of JSON.parse(lists).entries()) {
  ;[out, err] = ['', '']
  process.argv = [node, main, ...args]
  process.exitCode = undefined
  await import(`${main}?${i}`) // another instance of the command, of the same modules
  outcomes.push({ code: process.exitCode ?? 0, out, err })
}
process.exitCode = 0
print(JSON.stringify(outcomes))
