import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openCloudflare } from '../../../src/dev/deploy/cloudflare.ts'
import type { RunWrangler } from '../../../src/dev/local/wrangler.ts'
import { accountId, type Cloudflare } from '../../support/platform/cloudflare-account.ts'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'
import { pretendedWrangler } from '../../support/platform/cloudflare-wrangler.ts'

let api: CloudflareApi
let account: Cloudflare

beforeAll(async () => {
  api = await startCloudflareApi()
})
afterAll(() => api.close())
beforeEach(() => {
  account = api.reset()
})

describe('the account', () => {
  it('is the only one of the login', async () => {
    expect(await open({})).toMatchObject({ ok: true, cloudflare: { accountId } })
  })

  it('is named by CLOUDFLARE_ACCOUNT_ID, or first by wrangler.toml', async () => {
    const environment = { CLOUDFLARE_ACCOUNT_ID: 'of-the-shell' }
    expect(await open(environment)).toMatchObject({ cloudflare: { accountId: 'of-the-shell' } })
    expect(await open(environment, 'of-the-file')).toMatchObject({ cloudflare: { accountId: 'of-the-file' } })
  })

  it('must be named if there are several', async () => {
    account.accounts.push({ id: 'fedcba9876543210fedcba9876543210', name: 'Other team' })
    expect(await open({})).toEqual({
      ok: false,
      fault: [
        'The login reaches several accounts: set CLOUDFLARE_ACCOUNT_ID to one of these.',
        `  ${accountId}  Video team`,
        '  fedcba9876543210fedcba9876543210  Other team',
      ].join('\n'),
    })
  })

  it('must be named if the login shows none', async () => {
    account.accounts = []
    expect(await open({})).toMatchObject({
      ok: false,
      fault: expect.stringMatching(/set CLOUDFLARE_ACCOUNT_ID/),
    })
  })

  it('needs a login', async () => {
    const run: RunWrangler = async () => ({ exitCode: 1, stdout: '', stderr: 'Not logged in.' })
    expect(await openCloudflare({ run, fetch, environment: {}, accountId: undefined })).toEqual({
      ok: false,
      fault: 'Wrangler is not logged in: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.',
    })
  })

  it('needs a valid token', async () => {
    account.tokens.clear()
    expect(await open({})).toMatchObject({
      ok: false,
      fault: expect.stringMatching(/^Cloudflare refuses the login: .*9109/),
    })
  })

  it('is out of reach without a network', async () => {
    const opened = await open({ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:9/client/v4' })
    expect(opened).toMatchObject({
      ok: false,
      fault: expect.stringMatching(/^Cloudflare's API cannot be reached: /),
    })
  })
})

function open(environment: Record<string, string>, ofTheFile?: string) {
  return openCloudflare({
    run: pretendedWrangler(account),
    fetch,
    environment: { CLOUDFLARE_API_BASE_URL: api.baseUrl, ...environment },
    accountId: ofTheFile,
  })
}
