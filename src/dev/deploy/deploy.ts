/**
 * npm run deploy: from a fresh clone and a login to a Worker that works, in one go. It can be repeated: a second run asks
 * nothing and upgrades.
 *
 * `--env staging`: a second deployment with its own Worker, database, bucket, queues and .env.staging.
 * `--location weur`: places a new database and bucket in Western Europe.
 * `--shards 4`: deploys with four databases.
 * `--dry-run`: says what would be done, and changes nothing.
 * `--smoke-test`: only tests the deployed Worker.
 */
import { setTimeout } from 'node:timers/promises'
import { runWrangler } from '../local/wrangler.ts'
import { readDeployOptions } from './deploy-options.ts'
import { runDeployment } from './deployment.ts'
import { askOnTerminal } from './questions.ts'
import { smokeTest } from './smoke-test.ts'

const fault = await main()
if (fault !== null) {
  console.error(fault)
  process.exitCode = 1
}

async function main(): Promise<string | null> {
  const read = readDeployOptions(process.argv.slice(2), process.env)
  if (!read.ok) return read.fault
  const { env, stdin, stdout } = process
  const hasTerminal = stdin.isTTY && stdout.isTTY && env.CI === undefined
  return runDeployment(read.options, {
    folder: process.cwd(),
    environment: env,
    run: runWrangler,
    fetch,
    print: console.log,
    wait: async (milliseconds) => setTimeout(milliseconds),
    ask: hasTerminal ? askOnTerminal : null,
    smokeTest,
  })
}
