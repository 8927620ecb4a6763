/** The commands and the options that all of them have. */
import { Command } from 'commander'
import packageJson from '../../../package.json' with { type: 'json' }
import type { Cli } from './cli.ts'
import { addAssets } from './commands/assets.ts'
import { addCancel } from './commands/cancel.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addDelete } from './commands/delete.ts'
import { addDeliveries } from './commands/deliveries.ts'
import { addEstimate } from './commands/estimate.ts'
import { addExport } from './commands/export.ts'
import { addGenerate } from './commands/generate.ts'
import { addJob } from './commands/job.ts'
import { addJobs } from './commands/jobs.ts'
import { addKeys } from './commands/keys.ts'
import { addListen } from './commands/listen.ts'
import { addLogin } from './commands/login.ts'
import { addModels } from './commands/models.ts'
import { addRedeliver } from './commands/redeliver.ts'
import { addRetry } from './commands/retry.ts'
import { addWait } from './commands/wait.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { noteBadValues } from './faults.ts'

/** In the order of `--help`. Completion is last: it knows the commands before it. */
const commands = [
  addGenerate,
  addEstimate,
  addModels,
  addJobs,
  addJob,
  addWait,
  addCancel,
  addRetry,
  addDelete,
  addListen,
  addDeliveries,
  addRedeliver,
  addAssets,
  addExport,
  addKeys,
  addLogin,
  addConfig,
  addCompletion,
]

/** The others need an address and an API key. */
const withoutDeployment = ['login', 'logout', 'config', 'completion', 'complete']

export function createProgram(cli: Cli): Command {
  const program = new Command('reelhook')
    .description('Makes videos with a deployment of Reelhook, and shows what became of them.')
    .version(packageJson.version)
    .option('--json', 'print JSON on stdout, one value per line, also for errors')
    .option('--url <url>', 'the deployment (environment: REELHOOK_URL)')
    .option('--api-key-file <file>', 'a file with the API key (environment: REELHOOK_API_KEY)')
    .option('--verbose', 'say on stderr what is done')
    .configureHelp({ showGlobalOptions: true, helpWidth: cli.out.width })
    .configureOutput({ writeOut: cli.out.write, writeErr: cli.log.write, outputError: () => undefined })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', `\n${settingsHelp}\n\n${exitCodesHelp}`)
  program.hook('preAction', async (_program, command) => {
    cli.begin(program.opts())
    if (!withoutDeployment.includes(command.name())) await cli.faults.check(cli.settings)
  })
  for (const add of commands) add(program, cli)
  noteBadValues(program, cli.faults)
  settleBefore(program, cli)
  return program
}

/** The last step before a command runs. Its own checks, which are hooks too, come before it. */
function settleBefore({ commands }: Command, cli: Cli): void {
  for (const command of commands) {
    if (command.commands.length > 0) settleBefore(command, cli)
    else command.hook('preAction', () => cli.faults.settle())
  }
}

const settingsHelp = `Settings, the first that is there:
  1. the options --url and --api-key-file
  2. the environment: REELHOOK_URL and REELHOOK_API_KEY
  3. the file of "reelhook login": $XDG_CONFIG_HOME/reelhook/config.json;
     without that variable in ~/.config

NO_COLOR turns colors off, FORCE_COLOR turns them on. Without a terminal, or
with CI set, nothing is asked and no bar is drawn. Results go to stdout,
everything else to stderr.`
