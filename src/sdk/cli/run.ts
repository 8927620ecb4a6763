/** One run of the command: from its arguments to its exit code. */
import { CommanderError } from 'commander'
import { createCli } from './cli.ts'
import { failureOf } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { oneFailure } from './faults.ts'
import { closeOnBrokenPipe } from './output.ts'
import { createProgram } from './program.ts'
import { reportFailure } from './report.ts'

export async function run(process: NodeJS.Process): Promise<number> {
  closeOnBrokenPipe(process)
  const cli = createCli(process)
  // A wrong option ends the command before its options are known.
  cli.begin({ json: process.argv.includes('--json') })
  const program = createProgram(cli)
  try {
    await program.parseAsync(process.argv)
    return cli.exitCode()
  } catch (error) {
    // `--help` and `--version` have printed their text.
    if (error instanceof CommanderError && error.exitCode === exitCodes.ok) return exitCodes.ok
    // Without a command the help is printed, and nothing is done.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage
    const failure = failureOf(error, cli.interrupted.aborted)
    // Commander stops at the first wrong word. Bad values before it are noted.
    const isOfWords = error instanceof CommanderError
    const whole = isOfWords ? oneFailure([...cli.faults.all(), failure]) : failure
    reportFailure(cli, whole)
    cli.endWith(whole.exitCode)
    return cli.exitCode()
  } finally {
    cli.close()
  }
}
