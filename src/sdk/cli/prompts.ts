/** Questions to a person. They are printed on stderr. Ctrl-C or Escape ends the command. */
import { confirm, isCancel, password, text } from '@clack/prompts'
import type { Cli } from './cli.ts'
import { Stop } from './errors.ts'
import { exitCodes } from './exit-codes.ts'

interface TextQuestion {
  message: string
  initialValue?: string
  placeholder?: string
}

export async function askForText(cli: Cli, question: TextQuestion): Promise<string> {
  const answer = await text({ ...question, validate: required, ...streams(cli) })
  if (isCancel(answer)) throw canceled()
  return answer
}

/** The characters are masked. */
export async function askForKey(cli: Cli, message: string): Promise<string> {
  const answer = await password({ message, validate: required, ...streams(cli) })
  if (isCancel(answer)) throw canceled()
  return answer
}

/** Enter alone is a no: each question is asked before something is spent, sent or deleted. */
export async function askToConfirm(cli: Cli, message: string): Promise<boolean> {
  const answer = await confirm({ message, initialValue: false, ...streams(cli) })
  if (isCancel(answer)) throw canceled()
  return answer
}

/** Ends the command after a no. */
export async function requireYes(cli: Cli, message: string): Promise<void> {
  if (await askToConfirm(cli, message)) return
  throw new Stop({ exitCode: exitCodes.interrupted, code: 'declined', message: 'Nothing was done.' })
}

function streams({ stdin, interrupted }: Cli) {
  return { input: stdin, output: process.stderr, signal: interrupted }
}

function required(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? 'Write something, or press Ctrl-C to leave.' : undefined
}

function canceled(): Stop {
  const message = 'Canceled. Nothing was done.'
  return new Stop({ exitCode: exitCodes.interrupted, code: 'interrupted', message })
}
