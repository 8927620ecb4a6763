/** Where a command prints: lines, their width, and colors where they are wanted. */

export interface Output {
  /** Whether a person looks at it: bars, questions and fitted tables are for people. */
  isTerminal: boolean
  width: number
  style: Style
  line(text?: string): void
  /** Without a line break. */
  write(text: string): void
}

export type Style = Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>

type Environment = Readonly<Record<string, string | undefined>>

export function createOutput(stream: NodeJS.WriteStream, env: Environment): Output {
  const write = (text: string) => {
    stream.write(text)
  }
  return {
    isTerminal: Boolean(stream.isTTY) && env.TERM !== 'dumb' && !isBusyMachine(env),
    // Read at each use: a person resizes the window.
    get width() {
      return widthOf(stream, env)
    },
    style: styleFor(hasColors(stream.isTTY, env)),
    line: (text = '') => write(`${text}\n`),
    write,
  }
}

/** Most CI services give their steps a terminal, and CI=true. */
export function isBusyMachine({ CI }: Environment): boolean {
  return CI !== undefined && CI !== '' && CI !== 'false' && CI !== '0'
}

/** https://no-color.org and https://force-color.org: set to anything but an empty text. */
export function hasColors(isTty: boolean, env: Environment): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return Boolean(isTty) && TERM !== 'dumb' && !isBusyMachine(env)
}

/** `reelhook jobs | head -1` closes the pipe, which is no failure. */
export function closeOnBrokenPipe(process: NodeJS.Process): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(0)
    })
  }
}

/** Without a terminal, lines are as long as they are. */
function widthOf({ isTTY, columns }: NodeJS.WriteStream, { COLUMNS }: Environment): number {
  const asked = Number(COLUMNS)
  if (isTTY && columns > 0) return columns
  return Number.isInteger(asked) && asked > 0 ? asked : isTTY ? 80 : Number.POSITIVE_INFINITY
}

function styleFor(isColored: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    isColored ? `\u001B[${open}m${text}\u001B[${close}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}
