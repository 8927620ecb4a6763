/** Collects what is wrong with a command before it does anything, so that one error names every fault. */
import { type Command, InvalidArgumentError } from 'commander'
import { ReelhookError } from '../client/index.ts'
import { type Failure, failureOf, helpRemedy, Stop } from './errors.ts'
import { exitCodes } from './exit-codes.ts'

export interface Faults {
  note(failure: Failure): void
  /** Notes the failure that it throws. */
  check(look: () => unknown): Promise<void>
  all(): readonly Failure[]
  /** Fails with all of them. */
  settle(): void
}

export function createFaults(): Faults {
  const failures: Failure[] = []
  const all = () => failures
  return {
    note: (failure) => void failures.push(failure),
    async check(look) {
      try {
        await look()
      } catch (error) {
        if (!(error instanceof Stop || error instanceof ReelhookError)) throw error
        failures.push(failureOf(error, false))
      }
    },
    all,
    settle() {
      if (failures.length > 0) throw new Stop(oneFailure(failures))
    },
  }
}

/** Their highest exit code counts. */
export function oneFailure(failures: readonly Failure[]): Failure {
  const [highest, ...others] = failures.toSorted((one, two) => two.exitCode - one.exitCode)
  if (highest === undefined) return optionsFailure([])
  if (others.length === 0) return highest
  const { exitCode, code } = highest
  const remedy = failures.some((failure) => failure.remedy === helpRemedy) ? helpRemedy : undefined
  return { ...optionsFailure(failures.flatMap(errorsOf)), exitCode, code, remedy }
}

type FaultOfField = NonNullable<Failure['errors']>[number]

function errorsOf({ message, remedy = '', errors = [] }: Failure): FaultOfField[] {
  if (errors.length > 0) return errors
  return [{ path: '', message: remedy === helpRemedy ? message : `${message} ${remedy}`.trim() }]
}

function optionsFailure(errors: FaultOfField[]) {
  const message = 'Nothing was done. Correct the options in errors.'
  return { exitCode: exitCodes.usage, code: 'usage', message, errors }
}

/**
 * A parser of an option that refuses its value ends the command. Now it notes that, and the other options are parsed too.
 * The value stays as text: such a command does not run.
 */
export function noteBadValues({ options, commands }: Command, faults: Pick<Faults, 'note'>): void {
  for (const option of options) {
    const parse = option.parseArg
    if (parse === undefined) continue
    option.argParser((value, before: unknown) => {
      try {
        return parse(value, before)
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error
        const path = option.long ?? option.flags
        faults.note(
          optionsFailure([{ path, message: `cannot be ${JSON.stringify(value)}. ${error.message}` }]),
        )
        return value
      }
    })
  }
  for (const command of commands) noteBadValues(command, faults)
}
