// Figures of a long run: to the terminal, and as a line of JSON to the file that CHARLA_TEST_FIGURES names, out of
// which tools/test-long.sh makes tables.
import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';

export function report(table, row) {
  const line = { ...row, load: loadavg()[0].toFixed(1) };
  console.log(`${table} ${JSON.stringify(line)}`);
  const file = process.env.CHARLA_TEST_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ table, row: line })}\n`);
}
