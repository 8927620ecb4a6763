/** The steps of src/providers/README.md that no compiler sees, for each provider that sells videos. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../src/core/request/choices.ts'
import { sellers } from '../../src/providers/index.ts'
import { cancelingProviders } from '../chaos/plan-cancels.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const readAll = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`${folder}/${name}`))
    .join('\n')

describe.each(sellerNames)('the provider %s', (name) => {
  it('has its folder, and one in the simulator', () => {
    expect(existsSync(`src/providers/${name}/index.ts`)).toBe(true)
    expect(existsSync(`src/dev/simulator/${name}/routes.ts`)).toBe(true)
    expect(read('src/dev/simulator/simulator.ts')).toContain(`app.route('/${name}'`)
  })

  it('has every setting in the example of a deployment', () => {
    const example = read('.env.production.example')
    for (const setting of Object.keys(sellers[name].settings.shape)) {
      expect(example).toMatch(new RegExp(`^${setting}=`, 'm'))
    }
  })

  it('keeps the contract, survives any response, and has the table of its document', () => {
    const tests = readAll(`test/providers/${name}`)
    expect(tests).toContain('keepsTheContract(')
    expect(tests).toContain('survivesAnyResponse(')
    expect(readAll('test/providers/documents')).toContain(`provider: '${name}'`)
  })

  it('takes part in the storm: its calls have names, and are points of a crash', () => {
    const names = read('test/chaos/call-names.ts')
    const isCanceling = !readAll(`src/providers/${name}`).includes("cancels: 'never'")
    expect(cancelingProviders.includes(name)).toBe(isCanceling)
    for (const call of ['submit', 'poll', ...(isCanceling ? ['cancel'] : [])]) {
      expect(names).toContain(`${call} ${name}`)
      expect(read('test/chaos/points.ts')).toContain(`fetch ${call} ${name}`)
    }
  })

  it('is in the demo, and in the table of the README', () => {
    expect(read('src/dev/local/demo.ts')).toContain(`provider: '${name}'`)
    expect(read('README.md')).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'))
  })
})
