import { readFileSync } from 'node:fs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig, defineProject } from 'vitest/config'

const root = new URL('../', import.meta.url).pathname
const picture = readFileSync(`${root}src/dev/simulator/test-picture.mp4`).toString('base64')

/** Pure code. What needs the runtime all the same is named `….workerd.test.ts`. */
const plainTests = ['core', 'providers', 'dev'].map((folder) => `test/${folder}/**/!(*.workerd).test.ts`)

const inWorkerd = defineProject({
  root,
  resolve: {
    alias: {
      // Its modules leave Node's out by the package's "browser" field, as wrangler bundles them; Vitest cannot, so it
      // gets the bundle in which they are left out already.
      mediabunny: `${root}node_modules/mediabunny/dist/bundles/mediabunny.mjs`,
      // The hosts of the tests are in `.test`, which is reserved for that (RFC 6761) and not in the root zone.
      tlds: `${root}test/support/tlds.ts`,
    },
  },
  plugins: [
    cloudflareTest(async () => ({
      main: './test/support/worker.ts',
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        // Tests look at their jobs far more often than a caller may.
        ratelimits: { REQUESTS: { namespace_id: '5301', simple: { limit: 1_000_000, period: 60 } } },
        bindings: {
          MIGRATIONS: await readD1Migrations(`${root}src/store/migrations`),
          PUBLIC_BASE_URL: 'https://reelhook.test',
          SIGNING_SECRET: 'a signing secret of thirty-two characters',
          ADMIN_API_KEY: 'the-admin-key-of-the-tests',
          RUNWARE_API_KEY: 'runware-key',
          RUNWARE_BASE_URL: 'https://simulator.test/runware/v1',
          CRUN_API_KEY: 'crun-key',
          CRUN_BASE_URL: 'https://simulator.test/crun',
          SCENARIO_SDK_API_KEY: 'scenario-key',
          SCENARIO_SDK_API_SECRET: 'scenario-secret',
          SCENARIO_BASE_URL: 'https://simulator.test/scenario/v1',
          AIMLAPI_API_KEY: 'aimlapi-key',
          AIMLAPI_BASE_URL: 'https://simulator.test/aimlapi',
          DNS_CHECK_URL: 'off',
        },
      },
    })),
  ],
  test: {
    name: 'workerd',
    testTimeout: 20_000,
    include: ['test/**/*.test.ts'],
    exclude: ['test/chaos/**', ...plainTests],
    setupFiles: ['./test/support/migrate.ts', './test/support/validate-responses.ts'],
    provide: { picture },
  },
})

// Workers have Uint8Array's base64 and hex methods, as Node has from 25 on; Node 24 has them behind a flag.
const execArgv = 'toBase64' in Uint8Array.prototype ? [] : ['--js-base-64']

const inNode = defineProject({
  root,
  test: { name: 'node', testTimeout: 20_000, include: plainTests, provide: { picture }, execArgv },
})

/** The storm starts and kills workerd by itself. */
const storm = defineProject({
  root,
  test: { name: 'storm', testTimeout: 300_000, include: ['test/chaos/**/*.test.ts'] },
})

export default defineConfig({
  root,
  // The runtimes wait more than they reckon: one worker for each of two cores, not one core left free.
  test: { maxWorkers: 2, projects: [storm, inWorkerd, inNode] },
})
