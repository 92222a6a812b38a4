// The control: two pages that try to reach each other without any relay, as a plain WebRTC call does. Where it fails
// the lab's networks are as strict as they claim to be.
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../browser/support/until.mjs';
import { SERVER } from './lab.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PORT = 3478;

export async function stun(lab) {
  const child = lab.spawn(lab.server, process.execPath, [join(HERE, 'stun.mjs'), SERVER, String(PORT)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
}

/** Opens a connection in a page and answers its description, with all its candidates, made from the other one's. */
const describePage = ([url, remote]) =>
  (async () => {
    const pc = (window.plain ??= new RTCPeerConnection({ iceServers: [{ urls: url }] }));
    if (remote) await pc.setRemoteDescription(remote);
    else pc.createDataChannel('control');
    if (remote?.type === 'answer') return null;
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 50));
    return pc.localDescription.toJSON();
  })();

/** `connected` or `failed`: whether two people's browsers reach each other directly. */
export async function direct(one, other) {
  const say = (person, remote) => person.page.evaluate(describePage, [`stun:${SERVER}:${PORT}`, remote]);
  const offer = await say(one, null);
  if (!/typ srflx/.test(offer.sdp)) throw new Error(`the STUN server was not reached:\n${offer.sdp}`);
  await say(one, await say(other, offer));
  return until('the plain connection to be made or to fail', async () => {
    const state = await one.page.evaluate(() => window.plain.connectionState);
    return ['connected', 'failed'].includes(state) && state;
  }, { seconds: 60 });
}
