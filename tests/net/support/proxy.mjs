// An HTTP proxy on a client's router: squid, which allows CONNECT to port 443 and nothing else.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../browser/support/until.mjs';

export const PORT = 3128;

export class Proxy {
  static async start(lab, router, address) {
    const proxy = new Proxy();
    Object.assign(proxy, { url: `http://${address}:${PORT}`, dir: join(lab.dir, `squid-${router}`) });
    mkdirSync(proxy.dir, { mode: 0o755 });
    execFileSync('chmod', ['755', lab.dir]);
    execFileSync('chown', ['proxy', proxy.dir]);
    writeFileSync(join(proxy.dir, 'squid.conf'), proxy.config(address));
    proxy.up = async () => {
      proxy.child = lab.spawn(router, 'squid', ['-N', '-f', join(proxy.dir, 'squid.conf')]);
      const reached = () => lab.in(router, 'socat', '-u', 'OPEN:/dev/null', `TCP:${address}:${PORT}`);
      await until('squid to listen', () => reached() !== undefined);
    };
    await proxy.up();
    return proxy;
  }

  /** Ends all that goes through it, and is there again. */
  async restart() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
    await this.up();
  }

  config(address) {
    return `http_port ${address}:${PORT}
acl tls port 443
acl CONNECT method CONNECT
http_access deny !CONNECT
http_access deny CONNECT !tls
http_access allow all
cache deny all
access_log stdio:${this.dir}/access.log
cache_log ${this.dir}/cache.log
pid_filename none
shutdown_lifetime 1 seconds
`;
  }

  /** What was asked of it, a line each. */
  log() {
    return readFileSync(join(this.dir, 'access.log'), 'utf8');
  }
}
