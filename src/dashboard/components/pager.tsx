/** The links below a list. The API has no page before the current one but the first. */
interface PagerProps {
  /** The URL of the first page; null on the first page. */
  first: string | null
  /** The URL of the next page; null on the last one. */
  next: string | null
}

export function Pager({ first, next }: PagerProps) {
  if (first === null && next === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {first !== null && <a href={first}>Newest</a>}
      {next !== null && (
        <a href={next} rel="next">
          Older
        </a>
      )}
    </nav>
  )
}
