// Nothing that a test started outlives it, even where the test or its runner is killed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { until } from './support/until.mjs';

const BOUND = new URL('./support/bound.mjs', import.meta.url).href;
/** A test file that has started a program, whose number it tells, and goes on. */
const FILE = `
  import { spawn } from 'node:child_process';
  import { bound } from '${BOUND}';
  const [program, ...args] = bound(['sleep', '1000']);
  console.log(process.pid, spawn(program, args).pid);
  setInterval(() => {}, 1000);
`;

const lives = (pid) => {
  try {
    // Behind the name: Z has ended and waits to be noticed by its parent.
    return !/^\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^[^)]*/, ''));
  } catch {
    return false;
  }
};
const told = async (child) => {
  for await (const line of createInterface({ input: child.stdout })) return line.split(' ').map(Number);
};

test('a killed test file takes along what it started', async () => {
  const file = spawn(process.execPath, ['--input-type=module', '-e', FILE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [, program] = await told(file);
  await until('the program to run', () => lives(program));
  file.kill('SIGKILL');
  await until('the program to end', () => !lives(program));
});

test('a killed runner takes its test files along', async () => {
  const runner = spawn('sh', ['-c', '"$0" --input-type=module -e "$1" & wait', process.execPath, FILE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [file, program] = await told(runner);
  await until('both to run', () => lives(file) && lives(program));
  runner.kill('SIGKILL');
  await until('both to end', () => !lives(file) && !lives(program));
});
