/** A moment, in UTC. The script of the pages shows it in the browser's time zone. */
export function Time({ at }: { at: string }) {
  return <time datetime={at}>{`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}</time>
}
