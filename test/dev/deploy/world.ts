/** A clone of the repository with a pretended Cloudflare account and a pretended wrangler, to deploy from in this process. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { DeployOptions } from '../../../src/dev/deploy/deploy-options.ts'
import { runDeployment, type Surroundings } from '../../../src/dev/deploy/deployment.ts'
import type { WranglerResult } from '../../../src/dev/local/wrangler.ts'
import { isCallToken } from '../../../src/providers/simulator/token.ts'
import { accountId, type Cloudflare, emptyAccount } from '../../support/platform/cloudflare-account.ts'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'
import { pretendedWrangler } from '../../support/platform/cloudflare-wrangler.ts'

export const secrets = { SIGNING_SECRET: 's'.repeat(32), ADMIN_API_KEY: 'a'.repeat(24) }
export const liveUrl = 'https://reelhook.video-team.workers.dev'

export interface World {
  account: Cloudflare
  folder: string
  printed: string[]
  /** The commands of wrangler, without paths. */
  commands: string[]
  /** The smoke tests that ran. */
  tested: { url: string; adminApiKey: string }[]
  /** What the Worker answers to GET /healthz. */
  health: () => Response
  writeSettings(settings: Record<string, string>, file?: string): void
  /** Changes wrangler.toml. */
  configure(change: (text: string) => string): void
  deploy(options?: Partial<DeployOptions>, around?: Around): Promise<string | null>
}

interface Around extends Partial<Surroundings> {
  /** What wrangler answers to the commands that begin so. */
  answers?: Record<string, WranglerResult>
}

/** Empty before each test. */
export function useWorld(): World {
  let api: CloudflareApi
  const folder = mkdtempSync(join(tmpdir(), 'deploy-test-'))
  const world: World = {
    account: emptyAccount(),
    folder,
    printed: [],
    commands: [],
    tested: [],
    health: () => Response.error(),
    writeSettings,
    configure,
    deploy,
  }
  beforeAll(async () => {
    api = await startCloudflareApi()
    for (const name of ['package.json', '.env.production.example']) copyFileSync(name, join(folder, name))
    symlinkSync(resolve('src'), join(folder, 'src'))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await api.close()
  })
  beforeEach(() => {
    const health = () => Response.json({ status: 'ok', providers: [] })
    Object.assign(world, { account: api.reset(), printed: [], commands: [], tested: [], health })
    copyFileSync('wrangler.toml', join(folder, 'wrangler.toml'))
    for (const name of ['production', 'staging']) rmSync(join(folder, `.env.${name}`), { force: true })
    writeSettings({ ...secrets, CRUN_API_KEY: 'key' })
  })
  return world

  function writeSettings(settings: Record<string, string>, file = '.env.production'): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`)
    writeFileSync(join(folder, file), lines.join(''))
  }

  function configure(change: (text: string) => string): void {
    const path = join(folder, 'wrangler.toml')
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  }

  async function deploy(options: Partial<DeployOptions> = {}, around: Around = {}): Promise<string | null> {
    const { answers, environment, ...others } = around
    const { account, commands, printed, tested } = world
    return runDeployment(
      { task: 'deploy', environment: 'production', location: null, shards: null, ...options },
      {
        folder,
        environment: {
          CLOUDFLARE_API_BASE_URL: api.baseUrl,
          CLOUDFLARE_ACCOUNT_ID: accountId,
          ...environment,
        },
        run: pretendedWrangler(account, { commands, ...(answers && { answers }) }),
        fetch: async (url, init) => {
          if (String(url).endsWith('/healthz')) return world.health()
          return String(url).includes('/simulator/')
            ? answerToken(account, new Request(url, init))
            : fetch(url, init)
        },
        print: (line) => printed.push(line),
        wait: async () => undefined,
        ask: null,
        smokeTest: async ({ url, adminApiKey }) => {
          tested.push({ url, adminApiKey })
          return null
        },
        ...others,
      },
    )
  }
}

/** As the Worker answers a call to its simulator. */
async function answerToken(account: Cloudflare, { headers }: Request): Promise<Response> {
  const token = headers.get('authorization')?.replace('Bearer ', '') ?? ''
  const { SIGNING_SECRET = '' } = Object.fromEntries(account.secrets ?? [])
  return (await isCallToken([SIGNING_SECRET], token))
    ? Response.json({ error: 'not_found' }, { status: 404 })
    : Response.json({ error: 'unauthorized' }, { status: 401 })
}

/** The requests that change something. */
export function changesOf({ calls }: Cloudflare) {
  return calls.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/query'))
}
