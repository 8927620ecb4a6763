/** A receiver: the host of its URL, and its path. */
export function Receiver({ url }: { url: string }) {
  const { host, rest } = partsOf(url)
  return (
    <span class="receiver">
      <strong>{host}</strong>
      {rest}
    </span>
  )
}

function partsOf(url: string): { host: string; rest: string } {
  if (!URL.canParse(url)) return { host: url, rest: '' }
  const { host, pathname, search } = new URL(url)
  return { host, rest: pathname + search }
}
