/** What `npm start` prints, and its example jobs. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { exampleJobs } from '../../../src/dev/local/examples.ts'
import { welcome } from '../../../src/dev/local/welcome.ts'
import { readDirectives } from '../../../src/dev/simulator/directives.ts'

const running = {
  url: 'http://127.0.0.1:8787',
  simulatorUrl: 'http://127.0.0.1:9000',
  apiKey: 'rh_1',
  callbackSecret: 'whsec_1',
  folder: 'data',
}

describe('npm start', () => {
  it('prints a link that signs in, with the key where no server sees it', () => {
    const [link = ''] = /\S+sign-in\S+/.exec(welcome(running)) ?? []
    const { pathname, search, hash } = new URL(link)
    expect({ pathname, search, hash }).toEqual({ pathname: '/sign-in', search: '', hash: '#key=rh_1' })
  })

  it('offers examples that the simulator understands, each with a title of its own', () => {
    const examples = exampleJobs({ url: 'http://127.0.0.1:1/a', unreliableUrl: 'http://127.0.0.1:1/b' })
    expect(new Set(examples.map(({ title }) => title)).size).toBe(6)
    for (const { request } of examples)
      expect(readDirectives(String(request.prompt))).toMatchObject({ ok: true })
  })

  it('prints a command that exports what the clients and recipes need', () => {
    const [exports = ''] = /export [\s\S]*$/.exec(welcome(running)) ?? []
    const { url, apiKey, callbackSecret } = running
    const script = `${exports}\necho $REELHOOK_URL $REELHOOK_API_KEY $REELHOOK_SECRET`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
      `${url} ${apiKey} ${callbackSecret}\n`,
    )
  })
})
