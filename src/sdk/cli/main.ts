#!/usr/bin/env node
/** The command `reelhook`. */
import process from 'node:process'
import { run } from './run.ts'

process.exitCode = await run(process)
