import { readFileSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, defineProject } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { parallelConsumers } from '../src/dev/local/parallel-consumers.ts'
import { simulatedSettings } from '../src/dev/simulated-accounts.ts'

const root = new URL('../', import.meta.url).pathname
const { bindings: consumers, ...parallel } = parallelConsumers(`${root}wrangler.toml`)
const picture = readFileSync(`${root}src/dashboard/public/static/simulator.mp4`).toString('base64')

/**
 * Which runtime a test file runs in: its name says `.node.test.ts` or `.workerd.test.ts`; otherwise its folder decides,
 * and these folders hold pure code, which plain Node runs in a fraction of the time.
 */
const nodeFolders = ['core', 'dev', 'providers', 'recipes', 'sdk', 'upgrade']
const nodeTests = [
  'test/**/*.node.test.ts',
  ...nodeFolders.map((folder) => `test/${folder}/**/!(*.workerd).test.ts`),
]

// The tests' hosts end in `.test`, which is reserved for tests (RFC 6761) and is not in the root zone.
const tlds = `${root}test/support/tlds.ts`

/** The recipes import the client by the name of the published package. */
const reelhook = { 'reelhook/client': `${root}src/sdk/client/index.ts` }

/** `expect.poll` waits for a second by default, which a busy machine may need for any step. */
const patience = { timeout: 60_000 }

/** `.ci/run` sets FULL_FUZZ. The seed and the path are those that a failed run prints. */
const { FULL_FUZZ, CONTRACT_REQUESTS, CONTRACT_SEED, CONTRACT_PATH } = process.env
const contractFuzz = {
  requests: Number(CONTRACT_REQUESTS ?? (FULL_FUZZ ? 5_000 : 2_000)),
  seed: CONTRACT_SEED === undefined ? null : Number(CONTRACT_SEED),
  path: CONTRACT_PATH ?? null,
}

const inWorkerd = defineProject({
  root,
  resolve: {
    alias: {
      // wrangler drops the package's Node modules by its "browser" field. Vitest cannot, so it gets the bundle without
      // them.
      mediabunny: `${root}node_modules/mediabunny/dist/bundles/mediabunny.mjs`,
      tlds,
    },
  },
  plugins: [
    cloudflareTest(async () => ({
      main: './test/support/entry.ts',
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        ...parallel,
        // Under other names than the Worker's own: only the tests of several databases bind them (test/support/shards.ts).
        d1Databases: { SHARD_1: 'shard-1', SHARD_2: 'shard-2', SHARD_3: 'shard-3' },
        // Tests read their jobs far more often than a caller may.
        ratelimits: { REQUESTS: { namespace_id: '5301', simple: { limit: 1_000_000, period: 60 } } },
        bindings: {
          ...consumers,
          MIGRATIONS: await readD1Migrations(`${root}src/store/migrations`),
          PUBLIC_BASE_URL: 'https://reelhook.test',
          SIGNING_SECRET: 'a signing secret of thirty-two characters',
          ADMIN_API_KEY: 'the-admin-key-of-the-tests',
          ...simulatedSettings('https://simulator.test'),
          DNS_CHECK_URL: 'off',
        },
      },
    })),
  ],
  test: {
    name: 'workerd',
    testTimeout: 90_000,
    expect: { poll: patience },
    include: ['test/**/*.test.ts'],
    exclude: ['test/chaos/**', 'test/browser/**', 'test/packages/**', ...nodeTests],
    // Loading the modules takes longer than most files. test/support/start-empty.ts empties the storage between files.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    setupFiles: ['./test/support/start-empty.ts', './test/support/validate-responses.ts'],
    provide: { picture, contractFuzz },
  },
})

// Node 24 has the base64 and hex methods of Uint8Array behind a flag; workerd and later Nodes have them without one.
const execArgv = 'toBase64' in Uint8Array.prototype ? [] : ['--js-base-64']

/** Runs per fuzz test of the providers. `.ci/run` sets FULL_FUZZ. */
const fuzzRuns = FULL_FUZZ ? 400 : 25

const inNode = defineProject({
  root,
  resolve: { alias: { tlds, ...reelhook } },
  test: {
    name: 'node',
    testTimeout: 90_000,
    expect: { poll: patience },
    include: nodeTests,
    // Loading the modules once for all files halves the time. Mocks are undone after each test.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    provide: { picture, fuzzRuns },
    execArgv,
  },
})

/** Starts and kills workerd processes itself. Takes 100 s on an idle machine, and several times that beside other tests. */
const storm = defineProject({
  root,
  test: { name: 'storm', testTimeout: 900_000, include: ['test/chaos/**/*.test.ts'] },
})

/**
 * Plays videos in Debian's Chromium, which `npm run test:browser` installs. `npm test` leaves it out. The check for
 * assistive technology takes a while on the longest page beside other tests.
 */
const browser = defineProject({
  root,
  test: {
    name: 'browser',
    testTimeout: 400_000,
    hookTimeout: 400_000,
    expect: { poll: patience },
    include: ['test/browser/*.test.ts'],
  },
})

/** The published packages of others and our own, in plain Node, against one local deployment that all files share. */
const packages = defineProject({
  root,
  resolve: { alias: reelhook },
  test: {
    name: 'packages',
    testTimeout: 90_000,
    expect: { poll: patience },
    include: ['test/packages/**/*.test.ts'],
    globalSetup: ['./test/packages/deployment.ts'],
    execArgv,
  },
})

/** These files run for more than 20 s. They start first in their project, so that none of them runs alone at the end. */
const longest = [
  'dev/deploy/deploy.slow',
  'dev/local/export.slow',
  'dev/local/start.slow',
  'upgrade/upgrade.slow',
  'contract/contract',
  'deliveries/host-queue',
  'engine/poll/forged',
  'engine/poll/odd-responses',
  'engine/settle/endings',
  'api/contract',
  'engine/submit/purchases',
  'engine/submit/restored',
  'provider-uploads/whole-jobs',
]

/**
 * The storm first, then one project after the other: a worker of Vitest keeps its runtime only while the next file is of the
 * same project, and a new one loads all modules again.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const projectOf = ({ project: { name } }: TestSpecification) => (name === 'storm' ? '' : name)
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = longest.findIndex((path) => moduleId.endsWith(`/test/${path}.test.ts`))
      return rank === -1 ? longest.length : rank
    }
    const sorted = await super.sort(files)
    return sorted.toSorted(
      (left, right) => projectOf(left).localeCompare(projectOf(right)) || rankOf(left) - rankOf(right),
    )
  }
}

export default defineConfig({
  root,
  // workerd spends more time waiting than computing, so both of two cores get a worker.
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [storm, packages, inWorkerd, inNode, browser],
  },
})
