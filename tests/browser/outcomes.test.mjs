// Every way a call may end, in a real browser: the sentence and the sound on both sides, the reason in the record, and
// silence afterwards.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { arrive, ask, crowd } from './support/crowd.mjs';
import { look } from './support/look.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const [ANNA, BEN, CLEO] = [1000, 440, 2000];
const SOON = { timeout: 60_000 };
/** The pitches of each sound, as the page plays them (static/src/media/tones.ts). */
const SOUNDS = {
  ended: [523, 392], missed: [494, 440, 370], declined: [440, 349], busy: [425, 425, 425], unanswered: [425, 340], failed: [370, 311, 262],
};
/** What repeats while it rings, how often, and how loud it is at most. */
const RINGING = {
  incoming: { pitches: [659, 831, 988, 659, 831, 988], every: 3.2, gain: 0.22 },
  ringback: { pitches: [425], every: 4, gain: 0.05 },
};
let server;
let all;
let anna;
let ben;
let cleo;
let talk;

before(async () => {
  server = await Server.start({ config: '[calls]\nring_seconds = 8\nreconnect_seconds = 8\n' });
  all = await crowd(server, { anna: ANNA, ben: BEN, cleo: CLEO });
  ({ anna, ben, cleo } = all.people);
  await ben.open('anna');
  await anna.open('ben');
  talk = anna.page.url();
});
after(async () => {
  await all?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const person of [anna, ben, cleo]) {
    await person.page.evaluate(() => (window.__mic.mode = 'tone')).catch(() => {});
    await dismiss(person);
  }
});

const dismiss = async (person) => (await person.id('call-dismiss').count()) && person.id('call-dismiss').click();
const state = (person, name) => person.page.locator(`[data-testid=call-state][data-state=${name}]`).waitFor(SOON);
const mode = (person, wanted) => person.page.evaluate((name) => (window.__mic.mode = name), wanted);
const newest = async (person) => (await ask(person, 'GET', 'calls?limit=1')).calls[0];
const call = async () => {
  await anna.id('call-start').click();
  await ben.id('call-accept').waitFor(SOON);
};
const both = () => Promise.all([state(anna, 'active'), state(ben, 'active')]);

/** How it ended for somebody: what is said (a pattern), and what is heard (`null`: nothing). */
async function ends(person, outcome, said, sound) {
  await person.page.locator(`[data-testid=call-panel][data-outcome=${outcome}]`).waitFor(SOON);
  assert.match(await person.id('call-state').textContent(), said);
  assert.match(await person.id('call-announce').textContent(), said, 'a screen reader is told the same');
  const played = () => person.page.evaluate(() => window.__mic.played);
  const tail = async (pitches) => (await played()).slice(-pitches.length);
  if (sound) await until(`${person.username} to hear that it ${sound}`, async () => (await tail(SOUNDS[sound])).join() === SOUNDS[sound].join());
  else for (const pitches of Object.values(SOUNDS)) assert.notDeepEqual(await tail(pitches), pitches, 'a device that has no part in it is silent');
}
const recorded = (status, reason) => until(`a record: ${status}, ${reason}`, async () => {
  const record = await newest(anna);
  return record?.status === status && record.reason === reason && record;
});
/** Whatever the page tries from here on, no way leads out. */
const cutOff = (person) => person.page.evaluate(() => {
  RTCPeerConnection.prototype.createOffer = () => Promise.reject(new DOMException('as the test wishes', 'OperationError'));
});
const comeBack = async (person) => {
  await person.page.goto(talk);
  await person.id('message-input').waitFor();
};
const notes = (person) => person.page.evaluate(() => window.__mic.played.length);
/** Since so many notes: what a person heard, and how loud each was meant to be. */
const since = (person, from) => person.page.evaluate((n) => ({ played: window.__mic.played.slice(n), peaks: window.__mic.peaks.slice(n) }), from);
const rings = (person, kind, from) => until(`${person.username} to hear ${kind}`, async () => {
  const { pitches } = RINGING[kind];
  return (await since(person, from)).played.slice(0, pitches.length).join() === pitches.join();
});
/** Nothing of it comes any more: by the page's own audio clock the next one is overdue, by as long again. */
async function ringsNoMore(person, kind) {
  const { pitches, every } = RINGING[kind];
  const from = await notes(person);
  // A clock of its own: that of the page may have been the only thing that played.
  const clock = await person.page.evaluateHandle(() => ({ context: window.__mic.last.context, from: window.__mic.last.context.currentTime }));
  await until(`the next ${kind} to be overdue`, () => clock.evaluate(({ context, from: began }, late) => context.currentTime > began + late, 1.5 * every));
  const { played } = await since(person, from);
  assert.deepEqual(played.filter((hz) => pitches.includes(hz)), [], `${person.username} still hears ${kind}`);
}
/** In this browser's settings of sound, then back to the conversation. */
async function setSound(person, set) {
  await person.page.goto(`${server.url}/sound`);
  await set();
  await comeBack(person);
}
const silent = () => Promise.all([anna.hearsNothing(), ben.hearsNothing()]);

test('hung up', async () => {
  await call();
  await ben.id('call-accept').click();
  await both();
  await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
  await anna.id('call-hangup').click();
  await Promise.all([ends(anna, 'completed', /Call ended/, 'ended'), ends(ben, 'completed', /Call ended/, 'ended')]);
  await Promise.all([recorded('completed', 'hungUp'), silent()]);
});

test('declined, with a message that the caller reads; Escape never declines', async () => {
  await call();
  await ben.page.keyboard.press('Escape');
  await ben.page.keyboard.press('Escape');
  await ben.page.getByText('Ringing silently').waitFor();
  await ben.id('call-reply').click();
  assert.deepEqual(await look(ben, 'call-reply', { widths: [360] }), []);
  await ben.id('call-reply-text').fill('In ten minutes?');
  await ben.id('call-reply-send').click();
  await Promise.all([ends(anna, 'declined', /ben declined/, 'declined'), ends(ben, 'youDeclined', /You declined/, 'ended')]);
  await anna.reads('In ten minutes?');
  await Promise.all([recorded('rejected', 'declined'), silent()]);
});

test('declined with a message at hand; one that was silenced by its button', async () => {
  await call();
  const from = await notes(ben);
  await ben.id('call-silence').click();
  await ben.page.getByText('Ringing silently').waitFor();
  assert.equal(await ben.id('call-silence').count(), 0);
  await ben.id('call-reply').click();
  const quick = ben.id('call-reply-quick').first();
  const text = await quick.textContent();
  await quick.click();
  await Promise.all([ends(anna, 'declined', /ben declined/, 'declined'), ends(ben, 'youDeclined', /You declined/, 'ended')]);
  await anna.reads(text);
  await recorded('rejected', 'declined');
  assert.ok((await since(ben, from)).played.length <= RINGING.incoming.pitches.length + SOUNDS.ended.length, 'it did not ring again');
});

test('it rings here and rings back there: Escape silences the one, the answer ends both', async () => {
  const began = await Promise.all([notes(anna), notes(ben)]);
  await call();
  await Promise.all([rings(anna, 'ringback', began[0]), rings(ben, 'incoming', began[1])]);
  await ben.page.keyboard.press('Escape');
  await ben.page.getByText('Ringing silently').waitFor();
  await ringsNoMore(ben, 'incoming');
  await anna.id('call-hangup').click();
  await Promise.all([ends(anna, 'cancelled', /Call cancelled/, 'ended'), ends(ben, 'missed', /You missed a call/, 'missed')]);
  await Promise.all([dismiss(anna), dismiss(ben)]);

  const again = await Promise.all([notes(anna), notes(ben)]);
  await call();
  await Promise.all([rings(anna, 'ringback', again[0]), rings(ben, 'incoming', again[1])]);
  await ben.id('call-accept').click();
  await both();
  await Promise.all([ringsNoMore(anna, 'ringback'), ringsNoMore(ben, 'incoming')]);
  await anna.id('call-hangup').click();
  await Promise.all([state(anna, 'ended'), state(ben, 'ended')]);
});

test('it rings as loud as was chosen, and who wants no tones hears none', async () => {
  const sound = async (person, set) => {
    await person.id('call-devices').click();
    await set();
  };
  await setSound(ben, () => ben.id('ring-volume').fill('30'));
  const began = await Promise.all([notes(anna), notes(ben)]);
  await call();
  await Promise.all([rings(anna, 'ringback', began[0]), rings(ben, 'incoming', began[1])]);
  const loudest = Math.max(...(await since(ben, began[1])).peaks);
  assert.ok(Math.abs(loudest - 0.3 * RINGING.incoming.gain) < 1e-6, `as loud as ${loudest}`);
  await ben.id('call-accept').click();
  await both();
  // Both pages have played by now: what they do not play from here on, they do not want to.
  await sound(anna, () => anna.id('call-tones').uncheck());
  await sound(ben, () => ben.id('ring-volume').fill('0'));
  const ending = await notes(anna);
  await ben.id('call-hangup').click();
  await Promise.all([state(anna, 'ended'), ends(ben, 'completed', /Call ended/, 'ended')]);
  assert.deepEqual((await since(anna, ending)).played, [], 'no tone at the end');
  await Promise.all([dismiss(anna), dismiss(ben)]);

  const still = await Promise.all([notes(anna), notes(ben)]);
  await call();
  await state(anna, 'calling');
  await ben.id('call-decline').click();
  await Promise.all([state(anna, 'ended'), ends(ben, 'youDeclined', /You declined/, 'ended')]);
  assert.deepEqual((await since(anna, still[0])).played, [], 'neither ringback nor an end');
  assert.deepEqual((await since(ben, still[1])).played, SOUNDS.ended, 'no ring, but an end');
  await setSound(anna, () => anna.id('call-tones').check());
  await setSound(ben, () => ben.id('ring-volume').fill('70'));
});

test('busy: who talks is not disturbed', async () => {
  await cleo.open('ben');
  await cleo.id('call-start').click();
  await ben.id('call-accept').click();
  await Promise.all([state(cleo, 'active'), state(ben, 'active')]);
  await anna.id('call-start').click();
  await ends(anna, 'busy', /ben is in another call/, 'busy');
  await recorded('busy', 'busy');
  assert.equal(await ben.id('call-accept').count(), 0);
  await ben.hearsTone(CLEO);
  await cleo.id('call-hangup').click();
  await ends(ben, 'completed', /Call ended/, 'ended');
});

test('does not want to be disturbed', async () => {
  await ask(ben, 'PATCH', 'users/me/settings', { doNotDisturb: true });
  await anna.id('call-start').click();
  await ends(anna, 'doNotDisturb', /ben does not want to be disturbed/, 'busy');
  await recorded('missed', 'doNotDisturb');
  assert.equal(await ben.id('call-accept').count(), 0);
  await ask(ben, 'PATCH', 'users/me/settings', { doNotDisturb: false });
});

test('no answer', async () => {
  await call();
  await Promise.all([ends(anna, 'noAnswer', /ben did not answer/, 'unanswered'), ends(ben, 'missed', /You missed a call from anna/, 'missed')]);
  await recorded('missed', 'noAnswer');
});

test('given up; who was elsewhere meanwhile is told by the system', async () => {
  await ben.page.evaluate(() => {
    window.__told = [];
    document.hasFocus = () => false;
    window.Notification = class extends EventTarget {
      static permission = 'granted';
      constructor(title, { tag }) {
        super();
        window.__told.push(`${tag.replace(/-.*/, '')}: ${title}`);
      }
      close() {
        this.dispatchEvent(new Event('close'));
      }
    };
  });
  await call();
  await anna.id('call-hangup').click();
  await until('the system to tell both', async () => (await ben.page.evaluate(() => window.__told.join('; '))) === 'call: anna is calling; missed: Missed call from anna');
  await Promise.all([ends(anna, 'cancelled', /Call cancelled/, 'ended'), ends(ben, 'missed', /You missed a call/, 'missed')]);
  await recorded('cancelled', 'cancelled');
});

test('the caller vanishes while it rings', async () => {
  await call();
  await anna.page.goto('about:blank');
  await ends(ben, 'missed', /You missed a call/, 'missed');
  await anna.page.goto(talk);
  await anna.id('message-input').waitFor();
  const { status, reason } = await newest(anna);
  assert.ok(['vanished', 'noAnswer'].includes(reason), `${status} ${reason}`);
});

test('nobody there; and it rings for who comes in time', async () => {
  await ben.page.goto('about:blank');
  await anna.id('call-start').click();
  await ends(anna, 'unreachable', /ben cannot be reached/, 'unanswered');
  await recorded('missed', 'unreachable');
  await anna.id('call-again').click();
  await state(anna, 'calling');
  await ben.page.goto(talk);
  await ben.id('call-accept').click(SOON);
  await both();
  await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
  await ben.id('call-hangup').click();
  await recorded('completed', 'hungUp');
});

test('both call at once: one call', async () => {
  await Promise.all([anna.id('call-start').click(), ben.id('call-start').click()]);
  // Where one was a little faster, the other has been rung.
  await until('both to be in it', async () => {
    for (const person of [anna, ben]) if (await person.id('call-accept').count()) await person.id('call-accept').click();
    return (await anna.page.locator('[data-testid=call-state][data-state=active]').count()) && (await ben.page.locator('[data-testid=call-state][data-state=active]').count());
  });
  await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
  await anna.id('call-hangup').click();
  await ends(ben, 'completed', /Call ended/, 'ended');
});

test('no microphone for the caller: nothing rings', async () => {
  await mode(anna, 'denied');
  await anna.id('call-start').click();
  await ends(anna, 'micDenied', /may not use your microphone/, 'failed');
  assert.deepEqual(await look(anna, 'call-no-microphone', { schemes: ['light'] }), []);
  assert.equal(await ben.id('call-accept').count(), 0);
});

test('a microphone refused by who is called: it goes on ringing, and says why', async () => {
  await call();
  await mode(ben, 'denied');
  await ben.id('call-accept').click();
  await ben.page.getByRole('alert').filter({ hasText: 'may not use your microphone' }).waitFor();
  assert.equal(await ben.id('call-accept').count(), 1);
  await mode(ben, 'busy');
  await ben.id('call-accept').click();
  await Promise.all([ends(anna, 'theirMicrophone', /ben could not use a microphone/, 'failed'), ends(ben, 'micBusy', /cannot be opened/, 'failed')]);
  await recorded('failed', 'microphoneRefused');
});

test('declined, then answered, on another device: this one is still', async () => {
  const phone = await arrive(all.browser, server, 'ben', BEN, { width: 360, height: 740 });
  await call();
  await anna.page.getByText('Ringing on 2 devices').first().waitFor(SOON);
  await phone.id('call-decline').click(SOON);
  await Promise.all([ends(ben, 'declinedElsewhere', /Declined on another device/, null), ends(anna, 'declined', /ben declined/, 'declined')]);
  await recorded('rejected', 'declined');
  for (const person of [anna, ben, phone]) await dismiss(person);
  await call();
  await phone.id('call-accept').click(SOON);
  await ends(ben, 'answeredElsewhere', /Answered on another device/, null);
  await Promise.all([anna.hearsTone(BEN), phone.hearsTone(ANNA), ben.hearsNothing()]);
  assert.deepEqual(await look(phone, 'call-between', { widths: [360] }), []);
  await phone.id('call-hangup').click();
  await recorded('completed', 'hungUp');
  await phone.close();
});

test('sound is lost and does not come back', async () => {
  await call();
  await ben.id('call-accept').click();
  await both();
  await Promise.all([anna.hearsTone(BEN), ben.hearsTone(ANNA)]);
  await cutOff(ben);
  await ben.page.evaluate(() => window.__probe.pcs.at(-1).close());
  await state(ben, 'reconnecting');
  await Promise.all([ends(anna, 'mediaLost', /did not come back/, 'failed'), ends(ben, 'mediaLost', /did not come back/, 'failed')]);
  await recorded('failed', 'mediaLost');
  await comeBack(ben);
});

test('sound never comes: the network is blamed, and may be tested', async () => {
  await cutOff(ben);
  await call();
  await ben.id('call-accept').click();
  await Promise.all([ends(anna, 'connectFailed', /could not be connected/, 'failed'), ends(ben, 'connectFailed', /could not be connected/, 'failed')]);
  await Promise.all([silent(), anna.id('call-test-network').waitFor(), ben.id('call-test-network').waitFor()]);
  await recorded('failed', 'connectFailed');
  await comeBack(ben);
});

test('the server is started again while it rings', async () => {
  await call();
  await server.kill('SIGKILL');
  await server.up();
  await Promise.all([ends(anna, 'serverRestart', /server was restarted/, 'failed'), ends(ben, 'serverRestart', /server was restarted/, 'failed')]);
  await recorded('failed', 'serverRestart');
});
