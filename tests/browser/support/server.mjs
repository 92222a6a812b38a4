// A real Charla server in a directory of its own: started, killed, started again on the same port and data.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { bound } from './bound.mjs';
import { until } from './until.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const BINARY = process.env.CHARLA_TEST_BINARY ?? join(ROOT, 'target/debug/charla');

const freePort = () =>
  new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

/** Where a server runs: on a free port of this machine's loopback. */
async function loopback() {
  const port = await freePort();
  return { listen: `127.0.0.1:${port}`, name: '', url: `https://localhost:${port}`, command: (argv) => argv };
}

export class Server {
  /** `config` is TOML appended to the test's own; `place` says where it runs, and how it is reached from here. */
  static async start({ config = '', place } = {}) {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: cargo build`);
    const server = new Server();
    server.dir = mkdtempSync(join(tmpdir(), 'charla-browser-'));
    server.place = place ?? (await loopback());
    server.url = server.place.url;
    server.log = '';
    const own = `[server]\nlisten = ["${server.place.listen}"]\npublic_name = "${server.place.name}"\ndata_dir = "${server.dir}/data"\n[tls]\ndir = "${server.dir}/certs"\n[log]\nlevel = "debug"\n`;
    writeFileSync(join(server.dir, 'config.toml'), own + config);
    try {
      await server.up();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The certificate of the local authority that signed the server's. */
  get authority() {
    return join(this.dir, 'certs/ca.crt');
  }

  async up() {
    const [program, ...args] = this.place.command(bound([BINARY, '--config', join(this.dir, 'config.toml'), 'serve']));
    this.child = spawn(program, args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (text) => (this.log += text));
    this.exited = new Promise((done) => this.child.once('exit', (code, signal) => done({ code, signal })));
    await until('the server to answer', async () => {
      if (this.child.exitCode !== null) throw new Error(`it exited:\n${this.log.slice(-3000)}`);
      return (await this.get('/api/v1/health/ready')).status === 200;
    });
  }

  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    return this.exited;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  get(path, headers = {}) {
    return this.send('GET', path, undefined, headers);
  }

  /** One request; the local CA is not checked here, the TLS tests do that. */
  send(method, path, body, headers = {}) {
    return new Promise((done, fail) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = request(
        new URL(path, this.url),
        {
          method,
          rejectUnauthorized: false,
          ...(this.place.dial && { createConnection: () => connect({ socket: this.place.dial(), rejectUnauthorized: false }) }),
          headers: { ...(text && { 'content-type': 'application/json' }), ...headers },
        },
        (answer) => {
          let all = '';
          answer.on('data', (part) => (all += part));
          answer.on('end', () => {
            const json = /json/.test(answer.headers['content-type'] ?? '') && all ? JSON.parse(all) : undefined;
            done({ status: answer.statusCode, headers: answer.headers, text: all, json });
          });
        },
      );
      sent.on('error', fail);
      sent.end(text);
    });
  }

  /** Signs in over REST and answers a function that sends as that person. */
  async as(username, password) {
    const answer = await this.send('POST', '/api/v1/auth/login', { username, password });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    const headers = { authorization: `Bearer ${answer.json.accessToken}` };
    return { user: answer.json.user, send: (method, path, body) => this.send(method, path, body, headers) };
  }
}
