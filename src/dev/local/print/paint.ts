/** Colors on a terminal, plain text elsewhere. */
import { styleText } from 'node:util'

export type Paint = (color: 'green' | 'yellow' | 'red' | 'dim', text: string) => string

/** Follows NO_COLOR and FORCE_COLOR, as Node does. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (color, text) => styleText(color, text, { stream })
}
