// Files and voices as people send them: chosen, dropped, pasted, spoken; what waits survives a reload; names do no harm.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
const LIMIT = 300_000;
// A red dot.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==', 'base64');
const png = (name) => ({ name, mimeType: 'image/png', buffer: PNG });
const text = (name, words) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(words) });
const FILES = /\/api\/v1\/files\?/;
let server;
let anna;
let ben;

before(async () => {
  server = await Server.start({ config: `[files]\nmax_bytes = ${LIMIT}\n` });
  // Without the Content-Security-Policy, so that it is the page itself that runs nothing.
  [anna, ben] = await Promise.all([launch({ probe: true }), launch({ probe: true })]);
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  await anna.open('ben');
  await anna.say('hello');
  await ben.open('anna');
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const faultless = async (person) => {
  const faults = [];
  for (const colorScheme of ['light', 'dark']) {
    await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const fault of await axe.check(person.page)) faults.push(`${colorScheme}: ${fault}`);
  }
  assert.deepEqual(faults, []);
};
const focused = (person) => person.page.evaluate(() => document.activeElement?.getAttribute('data-testid'));
const decoded = (image) => image.evaluate((element) => element.complete && element.naturalWidth > 0);

test('what was laid for a message survives a reload, until it is taken out', async () => {
  await anna.id('file-input').setInputFiles([png('kept.png'), text('kept.txt', 'words')]);
  await anna.id('message-input').fill('not sent yet');
  const onDisk = () => anna.page.evaluate(() => new Promise((done) => {
    const opening = indexedDB.open('charla-tray');
    opening.onsuccess = () => {
      const count = opening.result.transaction('files').objectStore('files').count();
      count.onsuccess = () => (opening.result.close(), done(count.result));
    };
  }));
  await until('both files to be on disk', async () => (await onDisk()) === 2);
  await anna.page.reload();
  await until('two files in the tray', async () => (await anna.id('tray-file').count()) === 2);
  assert.equal(await anna.id('message-input').inputValue(), 'not sent yet');
  await until('the picture to be shown', () => decoded(anna.id('tray-file').locator('img')));
  await anna.id('message-input').fill('');
  for (const left of [1, 0]) {
    await anna.id('tray-out').first().click();
    await until('one less', async () => (await anna.id('tray-file').count()) === left);
  }
  await until('none on disk', async () => (await onDisk()) === 0);
});

test('by keyboard: files are chosen, looked at, one is taken out, the others are sent and shown', async () => {
  // Asked for first: on a busy machine it would come too late for the key.
  const chooser = anna.page.waitForEvent('filechooser');
  await anna.id('file-attach').focus();
  await anna.page.keyboard.press('Enter');
  await (await chooser).setFiles([png('dot.png'), text('notes.txt', 'some notes'), png('second.png'), text('huge.txt', 'x'.repeat(LIMIT + 1))]);
  await anna.id('tray-refused').filter({ hasText: '“huge.txt” is too large: 293 kB at most.' }).waitFor();
  await until('three files in the tray', async () => (await anna.id('tray-file').count()) === 3);
  await faultless(anna);
  await anna.id('tray-out').nth(2).focus();
  await anna.page.keyboard.press('Enter');
  await until('the field to have the keyboard', async () => (await focused(anna)) === 'message-input');
  await anna.page.keyboard.type('look at these');
  await anna.page.keyboard.press('Enter');
  const got = ben.id('message').filter({ hasText: 'look at these' });
  await got.getByTestId('file-image').locator('img').waitFor();
  await until('the picture to be there', () => decoded(got.getByTestId('file-image').locator('img')));
  const card = got.getByTestId('file-card');
  assert.match(await card.textContent(), /notes\.txt.*10 byte/);
  const [saved] = await Promise.all([ben.page.waitForEvent('download'), card.click()]);
  assert.equal(saved.suggestedFilename(), 'notes.txt');
  assert.equal(readFileSync(await saved.path(), 'utf8'), 'some notes');
  await until('nothing to wait any more', async () => (await anna.id('waiting-file').count()) === 0);
  await faultless(ben);
});

test('pictures open over the page, and the keyboard goes through them and back', async () => {
  await anna.id('file-input').setInputFiles([png('one.png'), png('two.png')]);
  await anna.id('message-send').click();
  const got = ben.id('message').filter({ has: ben.page.getByRole('button', { name: 'two.png' }) });
  await got.getByTestId('file-image').first().focus();
  await ben.page.keyboard.press('Enter');
  await ben.id('lightbox').getByText('one.png').waitFor();
  await faultless(ben);
  await ben.page.keyboard.press('ArrowRight');
  await ben.id('lightbox').getByText('two.png').waitFor();
  await ben.page.keyboard.press('Escape');
  await ben.id('lightbox').waitFor({ state: 'detached' });
  await until('the keyboard to be back at the picture', async () => (await focused(ben)) === 'file-image');
});

/** A drop or a paste as the browser makes it. */
const hand = (person, kind, selector, entries) => person.page.evaluate(([kind, selector, entries]) => {
  const data = new DataTransfer();
  for (const { name, words } of entries) {
    if (name) data.items.add(new File([words], name, { type: 'text/plain' }));
    else data.setData('text/plain', words);
  }
  const target = document.querySelector(selector);
  const init = { bubbles: true, cancelable: true };
  if (kind === 'paste') return target.dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: data }));
  for (const type of kind === 'drop' ? ['dragenter', 'dragover', 'drop'] : ['dragenter']) target.dispatchEvent(new DragEvent(type, { ...init, dataTransfer: data }));
}, [kind, selector, entries]);

test('files are dropped and pasted, and a pasted text that no message can hold becomes a file', async () => {
  await hand(anna, 'dragenter', '[data-testid=messages]', [{ name: 'a.txt', words: 'a' }]);
  await anna.id('drop-zone').waitFor();
  await faultless(anna);
  await hand(anna, 'drop', '[data-testid=messages]', [{ name: 'dropped.txt', words: 'dropped' }]);
  await anna.id('tray-file').filter({ hasText: 'dropped.txt' }).waitFor();
  await hand(anna, 'paste', '[data-testid=message-input]', [{ name: 'pasted.txt', words: 'pasted' }]);
  await anna.id('tray-file').filter({ hasText: 'pasted.txt' }).waitFor();
  await hand(anna, 'paste', '[data-testid=message-input]', [{ words: 'long '.repeat(1000) }]);
  await anna.id('tray-file').filter({ hasText: 'Pasted text.txt' }).waitFor();
  await anna.id('message-send').click();
  for (const name of ['dropped.txt', 'pasted.txt', 'Pasted text.txt']) await ben.id('file-card').filter({ hasText: name }).waitFor();
});

test('what is on its way can be stopped; what was refused is sent again', async () => {
  let hold = true;
  await anna.page.route(FILES, async (route) => {
    if (hold) await until('the word to go on', () => !hold, { seconds: 60 });
    await route.continue().catch(() => {});
  });
  await anna.id('file-input').setInputFiles([text('stop.txt', 'stop')]);
  await anna.id('message-send').click();
  await anna.id('file-progress').waitFor();
  await faultless(anna);
  await anna.id('file-cancel').click();
  await until('the message to be gone', async () => (await anna.id('waiting-file').count()) === 0);
  hold = false;
  await anna.page.unroute(FILES);
  await anna.page.route(FILES, (route) => route.fulfill({ status: 413, contentType: 'application/problem+json', body: '{"code":"tooLarge","title":"Too large","detail":"There is no room left."}' }));
  await anna.id('file-input').setInputFiles([text('again.txt', 'again')]);
  await anna.id('message-send').click();
  await anna.id('message').filter({ hasText: 'There is no room left.' }).waitFor();
  await faultless(anna);
  await anna.page.unroute(FILES);
  await anna.id('message-retry').click();
  await ben.id('file-card').filter({ hasText: 'again.txt' }).waitFor();
  assert.equal(await ben.id('file-card').filter({ hasText: 'stop.txt' }).count(), 0);
});

test('a file that waits for the network survives a reload', async () => {
  await anna.page.route(FILES, (route) => route.abort());
  await anna.id('file-input').setInputFiles([png('later.png')]);
  await anna.id('message-input').fill('from the tunnel');
  await anna.id('message-send').click();
  await anna.id('waiting-file').waitFor();
  await until('it to be on disk', () => anna.page.evaluate(() => new Promise((done, fail) => {
    const asked = indexedDB.open('charla');
    asked.onerror = fail;
    asked.onsuccess = () => {
      const all = asked.result.transaction('outbox').objectStore('outbox').getAll();
      all.onsuccess = () => {
        asked.result.close();
        done(all.result.some(({ content }) => content === 'from the tunnel'));
      };
    };
  })));
  await anna.page.reload();
  await anna.id('waiting-file').waitFor();
  await anna.page.unroute(FILES);
  const got = ben.id('message').filter({ hasText: 'from the tunnel' });
  await until('the picture to arrive', () => decoded(got.getByTestId('file-image').locator('img')), { seconds: 60 });
});

test('by keyboard: a voice message is spoken, listened to, sent and played', async () => {
  await anna.id('voice-record').focus();
  await anna.page.keyboard.press('Enter');
  await until('it to record', async () => (await anna.id('recorder').getAttribute('data-state')) === 'recording');
  await anna.page.locator('[data-testid=recorder] .time').filter({ hasText: '0:02' }).waitFor();
  await faultless(anna);
  assert.equal(await focused(anna), 'recorder-stop');
  await anna.page.keyboard.press('Enter');
  await until('the preview', async () => (await focused(anna)) === 'recorder-send');
  await faultless(anna);
  await anna.page.keyboard.press('Enter');
  const voice = ben.id('voice');
  await voice.waitFor();
  // The microphone hears bursts of a tone: some bars are tall.
  const bars = [...(await voice.locator('path.rest').getAttribute('d')).matchAll(/M[\d.]+ ([\d.]+)V([\d.]+)/g)].map(([, from, to]) => to - from);
  assert.ok(bars.length > 20 && Math.max(...bars) > 25, bars.join(' '));
  const place = async () => Number(await voice.getByTestId('voice-seek').inputValue());
  await voice.getByTestId('voice-seek').focus();
  await ben.page.keyboard.press('End');
  await until('the end to be gone to', async () => (await place()) > 2);
  await ben.page.keyboard.press('Home');
  await until('the beginning to be gone to', async () => (await place()) === 0);
  await voice.getByTestId('voice-play').press('Enter');
  await until('it to play', async () => (await place()) > 0.3);
  await voice.getByTestId('voice-speed').press('Enter');
  assert.match(await voice.getByTestId('voice-speed').textContent(), /1\.5/);
  await until('it to have come to its end', async () => (await voice.getAttribute('data-playing')) === 'false', { seconds: 20 });
  await faultless(ben);
});

test('of two voices one plays, and Escape lets a recording go', async () => {
  await anna.id('voice-record').click();
  await until('it to record', async () => (await anna.id('recorder').getAttribute('data-state')) === 'recording');
  await anna.page.keyboard.press('Escape');
  await anna.id('recorder').waitFor({ state: 'detached' });
  assert.equal(await focused(anna), 'message-input');
  await anna.id('voice-record').click();
  await anna.page.locator('[data-testid=recorder] .time').filter({ hasText: '0:03' }).waitFor();
  await anna.id('recorder-send').click();
  await until('a second voice', async () => (await ben.id('voice').count()) === 2);
  await ben.id('voice').nth(0).getByTestId('voice-play').click();
  await until('the first to play', async () => (await ben.id('voice').nth(0).getAttribute('data-playing')) === 'true');
  await ben.id('voice').nth(1).getByTestId('voice-play').click();
  await until('the second to play', async () => (await ben.id('voice').nth(1).getAttribute('data-playing')) === 'true');
  assert.equal(await ben.id('voice').nth(0).getAttribute('data-playing'), 'false');
});

test('names of files that run elsewhere run nowhere here', async () => {
  const corpus = JSON.parse(readFileSync(new URL('../../static/tests/xss.json', import.meta.url), 'utf8'));
  await ben.page.evaluate(() => {
    window.__ran = [];
    for (const name of ['alert', 'prompt', 'confirm']) window[name] = () => window.__ran.push(name);
  });
  const names = corpus.filter((name) => !/[\0-\x1f]/.test(name)).map((name) => name.replaceAll(/[/\\]/g, '∕').slice(0, 60));
  for (let at = 0; at < 40; at += 10) {
    await anna.id('file-input').setInputFiles(names.slice(at, at + 10).map((name, i) => text(`${name || 'x'}.txt`, `file ${at + i}`)));
    await anna.id('message-input').fill(`names from ${at}`);
    await anna.id('message-send').click();
    const got = ben.id('message').filter({ hasText: `names from ${at}` });
    await got.first().waitFor();
    await until('its files', async () => (await got.getByTestId('file-card').count()) === 10);
    const strange = await got.evaluate((message) => [...message.querySelectorAll('img, script, iframe, object, svg *:not(path):not(rect), style')].map((element) => element.outerHTML));
    assert.deepEqual(strange, []);
  }
  assert.deepEqual(await ben.page.evaluate(() => window.__ran), []);
});
