/**
 * The shape of Slack's incoming webhooks: a text for notifications, and blocks of Block Kit
 * (docs.slack.dev/reference/block-kit/blocks). No I/O.
 */
import { excerptOf } from '../../core/format.ts'
import { figuresOf, type Item, type Message, runbookOf, textOf, titleOf } from '../message.ts'

/** Slack's limits: 50 blocks, 3,000 characters in a section, 150 in a header. */
const maxItems = 40
const maxTitle = 150
const maxText = 300
const maxFacts = 2_900
const maxHeader = 150

export function slackBody({ heading, facts, items }: Message) {
  const shown = items.slice(0, maxItems)
  const left = items.length - shown.length
  const lines = facts.map(({ name, text }) => `*${escaped(name)}*: ${escaped(text)}`)
  return {
    text: escaped(excerptOf(heading, 500)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: excerptOf(heading, maxHeader - 1) } },
      ...(lines.length === 0 ? [] : [section(joined(lines))]),
      ...shown.map((item) => section(itemText(item))),
      ...(left === 0 ? [] : [section(`and ${left} more`)]),
    ],
  }
}

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text } }
}

function itemText(item: Item): string {
  const runbook = runbookOf(item)
  return [
    `*${escaped(excerptOf(titleOf(item), maxTitle))}*`,
    escaped(excerptOf(textOf(item), maxText)),
    figuresOf(item),
    `<${escaped(item.url)}|Open the page>${runbook === null ? '' : ` · Runbook: ${runbook}`}`,
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** Whole lines, as many as a section takes. */
function joined(lines: string[]): string {
  let text = ''
  for (const line of lines) if (text.length + line.length < maxFacts) text += `${line}\n`
  return text.trimEnd()
}

/** Slack's own rule: these three characters alone have a meaning, in links and mentions. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
