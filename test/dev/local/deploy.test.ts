import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { deployWorker, type Resources, resourcesIn } from '../../../src/dev/local/deploy-worker.ts'
import type { RunWrangler, WranglerResult } from '../../../src/dev/local/wrangler.ts'

const resources: Resources = {
  databases: ['reelhook'],
  buckets: ['reelhook'],
  queues: ['reelhook-jobs', 'reelhook-dead-letters'],
}

const rule = 'reelhook-abort-uploads-1d'
const createAll = [
  'd1 create reelhook',
  'r2 bucket create reelhook',
  'queues create reelhook-jobs',
  'queues create reelhook-dead-letters',
]
const addRule = `r2 bucket lifecycle add reelhook ${rule}  --abort-multipart-days 1 --force`
const finish = ['d1 migrations apply reelhook --remote', 'deploy --secrets-file .env.production']

describe('the first deployment', () => {
  it('creates every resource, applies the migrations and then deploys', async () => {
    const account = anAccount()
    expect(await deployTo(account)).toBeNull()
    expect(account.changes).toEqual([...createAll, addRule, ...finish])
  })

  it('prints each created resource', async () => {
    const account = anAccount()
    await deployTo(account)
    expect(account.printed).toEqual(createAll.map((command) => `Created: ${command}`))
  })

  it('shows the output of the migrations and of the deployment', async () => {
    const account = anAccount()
    await deployTo(account)
    expect(account.shown).toEqual(finish)
  })
})

describe('a repeated deployment', () => {
  it('creates nothing again and keeps one rule for broken uploads', async () => {
    const account = anAccount()
    await deployTo(account)
    account.changes.length = 0
    expect(await deployTo(account)).toBeNull()
    expect(account.changes).toEqual([
      `r2 bucket lifecycle remove reelhook --name ${rule}`,
      addRule,
      ...finish,
    ])
    expect(account.rules).toEqual(['rule of the owner', rule])
  })

  it('creates only the missing resources', async () => {
    const account = anAccount({ existing: ['d1 reelhook', 'queues reelhook-jobs'] })
    expect(await deployTo(account)).toBeNull()
    expect(account.changes).toEqual([
      'r2 bucket create reelhook',
      'queues create reelhook-dead-letters',
      addRule,
      ...finish,
    ])
  })
})

describe('a failed command', () => {
  it.each([...createAll, addRule, ...finish])(
    'stops the deployment and names what to do: %s',
    async (command) => {
      const account = anAccount({ failing: command })
      const fault = await deployTo(account)
      expect(fault).toContain(`\`wrangler ${command}\` failed`)
      expect(fault).toContain('npx wrangler login')
      expect(fault).toContain('run `npm run deploy` again')
      expect(account.changes.at(-1)).toBe(command)
    },
  )

  it('is reported with the reason that wrangler gave', async () => {
    const account = anAccount({ failing: 'queues create reelhook-jobs' })
    expect(await deployTo(account)).toContain('Queues needs a paid plan.')
  })

  it('is completed by the next deployment', async () => {
    const account = anAccount({ failing: 'queues create reelhook-jobs' })
    await deployTo(account)
    account.changes.length = 0
    account.failing = null
    expect(await deployTo(account)).toBeNull()
    expect(account.changes).toEqual([...createAll.slice(2), addRule, ...finish])
  })

  it('is the creation of the database if the databases cannot be listed', async () => {
    const account = anAccount({ existing: ['d1 reelhook'], failing: 'd1 list --json' })
    expect(await deployTo(account)).toContain('`wrangler d1 create reelhook` failed')
  })
})

describe('the resources of wrangler.toml', () => {
  it('include the database, the bucket, and every queue with a producer, a consumer or dead letters', () => {
    expect(resourcesIn(unstable_readConfig({ config: 'wrangler.toml' }))).toEqual({
      databases: ['reelhook'],
      buckets: ['reelhook'],
      queues: ['reelhook-jobs', 'reelhook-results', 'reelhook-deliveries', 'reelhook-dead-letters'],
    })
  })
})

interface Account {
  run: RunWrangler
  /** The commands that change the account, in order. */
  changes: string[]
  /** The commands that used the terminal. */
  shown: string[]
  printed: string[]
  /** The lifecycle rules of the bucket. */
  rules: string[]
  /** This command fails. */
  failing: string | null
}

function deployTo({ run, printed }: Account): Promise<string | null> {
  return deployWorker({
    resources,
    settingsFile: '.env.production',
    run,
    print: (line) => printed.push(line),
  })
}

/** A Cloudflare account behind a wrangler that behaves like the real one, as far as its exit codes. */
function anAccount({ existing = [], failing = null }: { existing?: string[]; failing?: string | null } = {}) {
  const known = new Set(existing)
  const account: Account = {
    changes: [],
    shown: [],
    printed: [],
    rules: ['rule of the owner'],
    failing,
    run: async (words, output) => {
      const command = words.join(' ')
      if (output === 'shown') account.shown.push(command)
      const result =
        command === account.failing ? refused('Queues needs a paid plan.') : perform(account, known, words)
      const isRead = /^(d1 list|queues info|r2 bucket lifecycle list) /.test(`${command} `)
      const isNoChange = command.includes('lifecycle remove') && result.exitCode !== 0
      if (!isRead && !isNoChange) account.changes.push(command)
      return result
    },
  }
  return account
}

function perform({ rules }: Account, known: Set<string>, words: readonly string[]): WranglerResult {
  const [product = '', action = ''] = words
  const name = words.at(-1) ?? ''
  if (product === 'd1' && action === 'list') return succeeded(JSON.stringify(databasesIn(known)))
  if (product === 'd1' && action === 'migrations') return existing(known, 'd1 reelhook')
  if (product === 'queues' && action === 'info') return existing(known, `queues ${name}`)
  if (product === 'r2' && words[2] === 'lifecycle') {
    if (!known.has('r2 reelhook')) return refused('The specified bucket does not exist.')
    if (words[3] === 'add') rules.push(words[5] ?? '')
    if (words[3] === 'remove') {
      if (!rules.includes(name)) return refused(`Lifecycle rule with ID '${name}' not found.`)
      rules.splice(rules.indexOf(name), 1)
    }
    return succeeded()
  }
  if (product === 'deploy') return succeeded()
  if (known.has(`${product} ${name}`)) return refused('It already exists.')
  known.add(`${product} ${name}`)
  return succeeded()
}

function databasesIn(known: Set<string>) {
  return [...known]
    .filter((name) => name.startsWith('d1 '))
    .map((name) => ({ name: name.slice(3), version: 'production' }))
}

function existing(known: Set<string>, name: string): WranglerResult {
  return known.has(name) ? succeeded() : refused('It does not exist.')
}

function succeeded(stdout = ''): WranglerResult {
  return { exitCode: 0, stdout, stderr: '' }
}

function refused(stderr: string): WranglerResult {
  return { exitCode: 1, stdout: '', stderr }
}
