// Makes tables out of the figures that the network tests wrote, one JSON object a line: {table, row}.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const tables = new Map();
for (const text of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const { table, row } = JSON.parse(text);
  tables.set(table, [...(tables.get(table) ?? []), row]);
}
const line = (cells) => `| ${cells.join(' | ')} |`;
const version = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

console.log(`# Calls through networks, ${new Date().toISOString()}
Commit ${version('git', 'rev-parse', '--short', 'HEAD')}, ${cpus().length} cores, debug build, two browsers, routers and weather on one machine.
"load" is the machine's load average at that line: above the number of cores, times and speech are worse than they would be.`);
for (const [table, rows] of tables) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  console.log(`\n## ${table}\n${line(columns)}\n${line(columns.map(() => '---'))}`);
  for (const row of rows) console.log(line(columns.map((column) => row[column] ?? '')));
}
