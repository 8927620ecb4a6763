/**
 * The shape of Discord's webhooks: a text and embeds (discord.com/developers/docs/resources/webhook#execute-webhook). No I/O.
 */
import { excerptOf } from '../../core/format.ts'
import { figuresOf, type Item, type Message, runbookOf, textOf, titleOf } from '../message.ts'

/** Discord's limits: 2,000 characters of content, 10 embeds, 256 in a title, 4,096 in a description, 6,000 in all embeds. */
const maxEmbeds = 9
const maxTitle = 120
const maxText = 300
const maxContent = 1_900
const maxCharacters = 5_800

export function discordBody({ heading, facts, items }: Message) {
  const embeds = fitting(items.slice(0, maxEmbeds).map(embedOf))
  const left = items.length - embeds.length
  const lines = [
    `**${escaped(excerptOf(heading, 300))}**`,
    ...facts.map(({ name, text }) => `**${escaped(name)}**: ${escaped(text)}`),
  ]
  const more = left === 0 ? '' : `\nand ${left} more`
  return { content: `${joined(lines)}${more}`, embeds, allowed_mentions: { parse: [] } }
}

function embedOf(item: Item) {
  const runbook = runbookOf(item)
  const lines = [
    escaped(excerptOf(textOf(item), maxText)),
    figuresOf(item),
    ...(runbook === null ? [] : [`Runbook: ${runbook}`]),
  ]
  return {
    title: escaped(excerptOf(titleOf(item), maxTitle)),
    url: item.url,
    description: lines.filter((line) => line !== '').join('\n'),
    color: colorOf(item),
  }
}

type Embed = ReturnType<typeof embedOf>

function fitting(embeds: Embed[]): Embed[] {
  let characters = 0
  return embeds.filter(({ title, description }) => {
    characters += title.length + description.length
    return characters <= maxCharacters
  })
}

function colorOf({ kind, level }: Item): number {
  if (kind === 'cleared') return 0x2e_7d_32
  return level === 'bad' ? 0xc6_28_28 : 0xef_6c_00
}

/** Whole lines, as many as the content takes. */
function joined(lines: string[]): string {
  let text = ''
  for (const line of lines) if (text.length + line.length < maxContent) text += `${line}\n`
  return text.trimEnd()
}

/** Escapes Markdown, and breaks mentions: `allowed_mentions` already keeps them from notifying, this from being shown. */
function escaped(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()<]/g, (character) => `\\${character}`).replaceAll('@', '@\u200B')
}
