/** One thing that needs attention. No I/O. */
export interface Concern {
  /** bad: something is broken. active: it may become so, or it costs time or money. */
  level: 'bad' | 'active'
  title: string
  /** The meaning and the remedy. */
  text: string
  links: { href: string; text: string }[]
}

export function bad(title: string, text: string, links: Concern['links'] = []): Concern {
  return { level: 'bad', title, text, links }
}

export function active(title: string, text: string, links: Concern['links'] = []): Concern {
  return { level: 'active', title, text, links }
}
