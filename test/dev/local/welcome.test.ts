/** What `npm start` prints, and its example jobs. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exampleJobs } from '../../../src/dev/local/examples.ts'
import { simulated } from '../../../src/dev/local/settings/own-settings.ts'
import { type Running, welcome } from '../../../src/dev/local/welcome.ts'
import { readDirectives } from '../../../src/dev/simulator/directives.ts'

const running: Running = {
  url: 'http://127.0.0.1:8787',
  publicUrl: null,
  simulatorUrl: 'http://127.0.0.1:9000',
  callbackUrl: 'http://127.0.0.1:8788/reelhook',
  apiKey: 'rh_1',
  callbackSecret: 'whsec_1',
  folder: 'data',
  realProviders: [],
}
const urls = { url: 'http://127.0.0.1:1/a', unreliableUrl: 'http://127.0.0.1:1/b' }

/** The body of the printed request, as a shell passes it to curl. */
function requestIn(text: string) {
  const [command = ''] = /curl [\s\S]*?'\{[\s\S]*?\}'/.exec(text) ?? []
  const script = `curl() { for word; do last=$word; done; printf %s "$last"; }\n${command}`
  return JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }))
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/`(.*?)`/g)].map(([, code = '']) => code)
}

describe('npm start', () => {
  it('prints a link that signs in, with the key where no server sees it', () => {
    const [link = ''] = /\S+sign-in\S+/.exec(welcome(running)) ?? []
    const { pathname, search, hash } = new URL(link)
    expect({ pathname, search, hash }).toEqual({ pathname: '/sign-in', search: '', hash: '#key=rh_1' })
  })

  it('offers examples that the simulator understands, each with a title of its own', () => {
    const examples = exampleJobs(urls)
    expect(new Set(examples.map(({ title }) => title)).size).toBe(6)
    for (const { request } of examples)
      expect(readDirectives(String(request.prompt))).toMatchObject({ ok: true })
  })

  it('names a directive that the simulator understands, as the README does', () => {
    const readme = readFileSync(`${import.meta.dirname}/../../../README.md`, 'utf8')
    const [, section = ''] = /\n### Faults on request\n(.*?)\n#/s.exec(readme) ?? []
    const table = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => codesIn(cell))
    expect(table.length).toBeGreaterThan(10)
    const [, printed = ''] = /sim\((.*?)\)/.exec(welcome(running)) ?? []
    for (const directive of [...table, printed])
      expect(readDirectives(`sim(${directive})`)).toMatchObject({ ok: true, directives: expect.anything() })
    expect(welcome({ ...running, realProviders: simulated })).not.toContain('sim(')
  })

  it('prints a command that exports what the clients and recipes need', () => {
    const [exports = ''] = /export [\s\S]*$/.exec(welcome(running)) ?? []
    const { url, apiKey, callbackSecret } = running
    const script = `${exports}\necho $REELHOOK_URL $REELHOOK_API_KEY $REELHOOK_SECRET`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
      `${url} ${apiKey} ${callbackSecret}\n`,
    )
  })

  it('prints a request whose delivery its callback server receives', () => {
    expect(requestIn(welcome(running))).toMatchObject({ callback_url: running.callbackUrl })
    expect(requestIn(welcome(running))).not.toHaveProperty('provider')
  })

  it('names the providers that cost money, and prints a request that costs none', () => {
    const text = welcome({ ...running, realProviders: ['runware'] })
    const others = simulated.filter((name) => name !== 'runware')
    expect(text).toContain(`${others.join(', ')}: simulated, free`)
    expect(text).toContain('runware: REAL. Every job there costs money.')
    expect(text).toContain('npm start -- --tunnel')
    expect(requestIn(text)).toMatchObject({ provider: 'crun' })
  })

  it('says that the request costs money if no provider is simulated', () => {
    const publicUrl = 'https://boat.trycloudflare.com'
    const text = welcome({ ...running, publicUrl, realProviders: simulated })
    expect(text).toContain('It costs money')
    expect(text).not.toContain('--tunnel')
    expect(text).toContain(`${publicUrl}/sign-in#key=rh_1`)
  })

  it('offers no example at a real provider', () => {
    const named = exampleJobs(urls, ['scenario', 'aimlapi']).flatMap(({ request }) => request.provider)
    expect(new Set(named)).toEqual(new Set(['scenario', 'aimlapi']))
    expect(exampleJobs(urls, ['crun'])).toHaveLength(5)
    expect(exampleJobs(urls, [])).toEqual([])
  })
})
