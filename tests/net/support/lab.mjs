// A small internet on one machine: a bridge, a server on it, and clients behind routers of every kind, each in a
// network namespace of its own. Nothing leaves the machine. Knows no browser and no Charla.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bound } from '../../browser/support/bound.mjs';
import { Proxy } from './proxy.mjs';
import { rules } from './router.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PREFIX = 'charlanet';
export const SERVER = '198.51.100.10';
export const NAME = 'charla.test';
const GATEWAY = '198.51.100.1';

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ip = (...args) => run('ip', ...args);
const feed = (command, args, input) => execFileSync(command, args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
const namespaces = () => ip('netns', 'list').split('\n').map((line) => line.split(' ')[0]).filter((name) => name.startsWith(`${PREFIX}-`));

/** Ends what runs in a namespace, and removes it. */
function remove(namespace) {
  try {
    for (const pid of ip('netns', 'pids', namespace).split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
  try {
    ip('netns', 'del', namespace);
  } catch {
    // Somebody else swept it.
  }
  rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
}

/** Namespaces carry the process id of their test; those of a test that was killed are swept by the next one. */
function sweep() {
  for (const name of namespaces()) if (!existsSync(`/proc/${name.split('-')[1]}`)) remove(name);
}

export class Lab {
  /** Why there can be no lab on this machine; null if there can. */
  static obstacle() {
    if (process.getuid() !== 0) return 'network namespaces need root';
    const missing = ['ip', 'nft', 'conntrack', 'socat', 'squid', 'certutil', 'python3'].filter((name) => {
      try {
        return !run('sh', '-c', `command -v ${name}`);
      } catch {
        return true;
      }
    });
    if (missing.length > 0) return `these programs are missing: ${missing.join(' ')} (tools/need.sh test installs them)`;
    const trial = `${PREFIX}-${process.pid}-trial`;
    try {
      ip('netns', 'add', trial);
      feed('ip', ['netns', 'exec', trial, 'nft', '-f', '-'], rules('tls443', '10.1.0.2'));
      return null;
    } catch (error) {
      return `namespaces with NAT are impossible here: ${String(error.stderr ?? error.message).trim()}`;
    } finally {
      remove(trial);
    }
  }

  static open() {
    sweep();
    const lab = new Lab();
    lab.prefix = `${PREFIX}-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
    lab.dir = mkdtempSync(join(tmpdir(), `${PREFIX}-`));
    lab.clients = [];
    lab.children = [];
    lab.onExit = () => lab.close();
    lab.onSignal = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
    process.once('exit', lab.onExit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, lab.onSignal);
    const inet = lab.add('inet');
    ip('-n', inet, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', inet, 'link', 'set', 'br0', 'up');
    // Everybody's default gateway, which swallows what nobody owns as the real internet does: else a packet to a
    // private address would fail at once.
    ip('-n', inet, 'addr', 'add', `${GATEWAY}/24`, 'dev', 'br0');
    lab.server = lab.add('server');
    lab.cable(lab.server, 'eth0');
    lab.address(lab.server, 'eth0', `${SERVER}/24`, GATEWAY);
    return lab;
  }

  name(part) {
    return `${this.prefix}-${part}`;
  }

  /** A namespace that knows the server by name and no other name at all. */
  add(part) {
    const namespace = this.name(part);
    ip('netns', 'add', namespace);
    mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
    writeFileSync(`/etc/netns/${namespace}/hosts`, `127.0.0.1 localhost\n${SERVER} ${NAME}\n`);
    writeFileSync(`/etc/netns/${namespace}/resolv.conf`, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    this.in(namespace, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  }

  in(namespace, ...command) {
    return ip('netns', 'exec', namespace, ...command);
  }

  /** A long-running program in a namespace; it ends with the lab. */
  spawn(namespace, command, args, options = {}) {
    const [program, ...rest] = ['ip', 'netns', 'exec', namespace, ...bound([command, ...args])];
    const child = spawn(program, rest, { stdio: 'ignore', ...options });
    this.children.push(child);
    return child;
  }

  /** A TCP connection made inside a namespace, as a stream out here. */
  dial(namespace, host, port) {
    const child = this.spawn(namespace, 'socat', ['-', `TCP:${host}:${port}`], { stdio: ['pipe', 'pipe', 'ignore'] });
    return Duplex.from({ writable: child.stdin, readable: child.stdout });
  }

  /** Plugs an interface of a namespace into the bridge, through lossy weather if `shape` says so. */
  cable(namespace, device, shape) {
    const [inet, port] = [this.name('inet'), `p${this.ports = (this.ports ?? 0) + 1}`];
    let weather = null;
    if (shape) weather = this.weather(`${namespace}:${device}`, `${inet}:${port}`, shape);
    else ip('link', 'add', device, 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', inet);
    ip('-n', inet, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', namespace, 'link', 'set', device, 'up');
    return weather;
  }

  weather(a, b, shape) {
    const file = join(this.dir, `shape-${a.split(':')[0]}`);
    writeFileSync(file, shape);
    const [program, ...args] = bound(['python3', join(HERE, 'wire.py'), '--a', a, '--b', b, '--shapefile', file]);
    const child = spawn(program, args, { stdio: 'ignore' });
    this.children.push(child);
    for (const end of [a, b]) {
      const [namespace, device] = end.split(':');
      execFileSync('sh', ['-c', `for i in $(seq 200); do ip -n ${namespace} link show ${device} >/dev/null 2>&1 && exit 0; sleep 0.05; done; exit 1`]);
    }
    return {
      change: (next) => {
        writeFileSync(file, next);
        child.kill('SIGHUP');
      },
    };
  }

  address(namespace, device, address, gateway) {
    ip('-n', namespace, 'addr', 'add', address, 'dev', device);
    ip('-n', namespace, 'route', 'replace', 'default', 'via', gateway);
  }

  /** One more client, on a network of the given profile. `wire` is the weather on its uplink: see wire.py. */
  async client(profile, { wire } = {}) {
    const client = new Client(this, this.clients.length + 1, wire);
    this.clients.push(client);
    await client.use(profile);
    return client;
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    process.removeListener('exit', this.onExit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, this.onSignal);
    for (const child of this.children) child.kill('SIGKILL');
    for (const name of namespaces()) if (name.startsWith(`${this.prefix}-`)) remove(name);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A client's namespace and, unless it is on the open network, that of its router. */
export class Client {
  constructor(lab, n, wire) {
    Object.assign(this, { lab, n, public: 100 + n, local: 2, proxy: null });
    this.namespace = lab.add(`c${n}`);
    this.wire = wire;
  }

  get lan() {
    return `10.${this.n}.0`;
  }

  /** Puts the client on a network, or changes the rules of the one it is on, in mid-call too. */
  async use(profile) {
    if (profile === 'open') {
      if (this.router) throw new Error('a client behind a router stays there');
      this.weather = this.lab.cable(this.namespace, 'eth0', this.wire);
      this.lab.address(this.namespace, 'eth0', `198.51.100.${20 + this.n}/24`, GATEWAY);
    } else {
      if (!this.router) this.addRouter();
      feed('ip', ['netns', 'exec', this.router, 'nft', '-f', '-'], rules(profile, `${this.lan}.${this.local}`));
      this.forget();
    }
    this.profile = profile;
    if (profile === 'proxy') this.proxy ??= await Proxy.start(this.lab, this.router, `${this.lan}.1`);
  }

  addRouter() {
    this.router = this.lab.add(`r${this.n}`);
    this.weather = this.lab.cable(this.router, 'wan0', this.wire);
    this.lab.address(this.router, 'wan0', `198.51.100.${this.public}/24`, GATEWAY);
    ip('link', 'add', 'eth0', 'netns', this.namespace, 'type', 'veth', 'peer', 'name', 'lan0', 'netns', this.router);
    ip('-n', this.router, 'addr', 'add', `${this.lan}.1/24`, 'dev', 'lan0');
    ip('-n', this.router, 'link', 'set', 'lan0', 'up');
    ip('-n', this.namespace, 'link', 'set', 'eth0', 'up');
    this.lab.address(this.namespace, 'eth0', `${this.lan}.${this.local}/24`, `${this.lan}.1`);
    this.lab.in(this.router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  }

  /** The router loses its table of connections. */
  forget() {
    try {
      this.lab.in(this.router, 'conntrack', '-F');
    } catch {
      // The table was empty.
    }
  }

  /** The router gets another public address and loses its table: what a provider does at night. */
  rebind() {
    const before = this.public;
    this.public = before < 150 ? before + 50 : before - 50;
    ip('-n', this.router, 'addr', 'del', `198.51.100.${before}/24`, 'dev', 'wan0');
    this.lab.address(this.router, 'wan0', `198.51.100.${this.public}/24`, GATEWAY);
    this.forget();
  }

  /** The client itself gets another address: from Wi-Fi to cable. */
  move() {
    const before = this.local;
    this.local = before === 2 ? 77 : 2;
    ip('-n', this.namespace, 'addr', 'del', `${this.lan}.${before}/24`, 'dev', 'eth0');
    this.lab.address(this.namespace, 'eth0', `${this.lan}.${this.local}/24`, `${this.lan}.1`);
  }
}
