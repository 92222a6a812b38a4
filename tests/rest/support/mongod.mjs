// A real mongod, a replica set of one, in a directory of its own; it ends with this process.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { bound } from '../../browser/support/bound.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const BINARY = process.env.CHARLA_TEST_MONGOD ?? join(ROOT, 'target/tools/mongod');

const freePort = () =>
  new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

export async function startMongod() {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: run make tools, or set CHARLA_TEST_MONGOD`);
  const dir = mkdtempSync(join(tmpdir(), 'charla-mongod-'));
  const port = await freePort();
  const own = ['--dbpath', dir, '--port', port, '--bind_ip', '127.0.0.1', '--replSet', 'rs0', '--quiet'];
  const [program, ...args] = bound([BINARY, ...own.map(String)]);
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  };
  const host = `127.0.0.1:${port}`;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: 60_000 });
  try {
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await client.close();
  }
  return { url: `mongodb://${host}/charla?replicaSet=rs0`, stop };
}
