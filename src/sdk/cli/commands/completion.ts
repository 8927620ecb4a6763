/** `completion`: the script with which a shell completes commands, options and known values. */
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

/** It reads the commands that the program has so far, so it is added last. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' })
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('Print the script that completes commands and options in a shell')
    .addHelpText('after', help)
}

const help = `
Add the line of your shell to its settings:
  bash        source <(reelhook completion bash)
  zsh         source <(reelhook completion zsh)
  fish        reelhook completion fish | source
  PowerShell  reelhook completion powershell | Out-String | Invoke-Expression

The shell calls the command by its name, so it must be installed globally. bash
needs the package bash-completion, and zsh needs compinit before that line.`
