// What a test starts ends with it, however it ends. A killed runner leaves the processes of its test files behind, and
// those what they started; so a test file ends when its runner is gone, and the kernel ends its programs with it.
const EVERY_MS = 1000;
const runner = process.ppid;

setInterval(() => {
  // An orphan gets another parent.
  if (process.ppid !== runner) process.exit(1);
}, EVERY_MS).unref();

/** The command for a program that the kernel kills when this process ends. */
export const bound = (argv) => ['setpriv', '--pdeathsig', 'KILL', '--', ...argv];
