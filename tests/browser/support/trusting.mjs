// A person whose browser trusts the server's own authority, as after `/trust`: only then does a browser take a service
// worker; a warning that was clicked away is not enough.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';

/** Makes a certificate store that trusts the authority. */
export function trust(store, authority) {
  mkdirSync(store, { recursive: true });
  execFileSync('certutil', ['-N', '-d', `sql:${store}`, '--empty-password']);
  execFileSync('certutil', ['-A', '-d', `sql:${store}`, '-n', 'charla', '-t', 'C,,', '-i', authority]);
}

/** More options are those of `launch`. */
export function launchTrusting(server, options = {}) {
  const place = {
    program(dir, browser) {
      const program = join(dir, 'chromium');
      const home = join(dir, 'home');
      trust(join(home, '.pki/nssdb'), server.authority);
      writeFileSync(program, `#!/bin/sh\nexport HOME=${home}\nexec ${browser} "$@"\n`, { mode: 0o755 });
      return program;
    },
  };
  return launch({ probe: false, ...options, place });
}
