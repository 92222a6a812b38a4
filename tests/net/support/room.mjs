// A room with a loudspeaker, a person and a microphone, for a real Chromium: PulseAudio plays the room. What the browser
// plays reaches the microphone later and quieter, by three ways as from walls; a person in the room may speak as well.
// A process of its own, which nothing else on the machine uses.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bound } from '../../browser/support/bound.mjs';
import { until } from '../../browser/support/until.mjs';

/** The ways from the loudspeaker to the microphone: how much later (ms, besides the sound server's own), how loud (dB). */
const WAYS = [[20, -10], [45, -20], [80, -28]];
const RATE = 48_000;

/** Why there can be no room here; null if there can. */
export function noRoom() {
  try {
    execFileSync('sh', ['-c', 'command -v pulseaudio && command -v pactl && command -v pacat'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'PulseAudio is missing: tools/need.sh long';
  }
}

export class Room {
  static async open() {
    const room = new Room();
    room.dir = mkdtempSync(join(tmpdir(), 'charla-room-'));
    const socket = join(room.dir, 'native');
    room.env = { ...process.env, HOME: room.dir, XDG_RUNTIME_DIR: room.dir, XDG_CONFIG_HOME: room.dir, PULSE_SERVER: `unix:${socket}` };
    const sink = (name) => ['-L', `module-null-sink sink_name=${name} rate=${RATE} channels=1`];
    const [program, ...args] = bound([
      'pulseaudio', '-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--disallow-exit', '--realtime=no', '--log-level=error',
      '-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
      ...sink('loudspeaker'), ...sink('air'),
      // A monitor is no microphone to a browser; what is made of one is.
      '-L', 'module-remap-source source_name=microphone master=air.monitor',
    ]);
    room.server = spawn(program, args, { env: room.env, stdio: ['ignore', 'ignore', 'inherit'] });
    await until('the room to be there', () => {
      try {
        return room.control('list', 'short', 'sources').includes('microphone');
      } catch {
        return false;
      }
    });
    room.control('set-default-sink', 'loudspeaker');
    room.control('set-default-source', 'microphone');
    return room;
  }

  control(...args) {
    return execFileSync('pactl', args, { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  }

  /** From now on the microphone hears the loudspeaker, so many dB quieter than by `WAYS`. */
  openAir(quieter = 0) {
    for (const [later, loud] of WAYS) {
      const module = this.control('load-module', 'module-loopback', 'source=loudspeaker.monitor', 'sink=air', `latency_msec=${later}`, 'remix=no').trim();
      const input = JSON.parse(this.control('--format=json', 'list', 'sink-inputs')).find((one) => `${one.owner_module}` === module);
      this.control('set-sink-input-volume', `${input.index}`, `${loud - quieter}dB`);
    }
  }

  /** Somebody in the room says this file over and over, until the answer is called. */
  speak(file) {
    const raw = spawn('sox', [file, '-t', 'raw', '-r', `${RATE}`, '-c', '1', '-b', '16', '-e', 'signed', '-', 'repeat', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const voice = spawn('pacat', ['--playback', '--device=air', '--raw', `--rate=${RATE}`, '--channels=1', '--format=s16le', '--latency-msec=100'], { env: this.env, stdio: [raw.stdout, 'ignore', 'inherit'] });
    return () => [raw, voice].forEach((one) => one.kill());
  }

  async close() {
    this.server.kill();
    if (this.server.exitCode === null && this.server.signalCode === null) await new Promise((gone) => this.server.once('exit', gone));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
