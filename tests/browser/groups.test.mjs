// A group from its making to leaving it, as people do it on the page; part of it by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { Server } from './support/server.mjs';
import { until } from './support/until.mjs';

const PASSWORD = 'a good long passphrase';
let server;
let anna;
let ben;

before(async () => {
  server = await Server.start();
  [anna, ben] = await Promise.all([launch({ probe: true }), launch({ probe: true })]);
  await Promise.all([anna.register(server, 'anna', PASSWORD), ben.register(server, 'ben', PASSWORD)]);
  await server.send('POST', '/api/v1/auth/register', { username: 'cleo', email: 'cleo@example.org', password: PASSWORD });
});
after(async () => {
  await Promise.all([anna?.close(), ben?.close()]);
  await server?.stop();
});

const member = (person, name) => person.page.locator(`[data-testid=member][data-username=${name}]`);
const role = (person, name, wished) => until(`${name} to be ${wished}`, async () => (await member(person, name).getAttribute('data-role')) === wished);

test('anna makes a group with ben by keyboard, at 360 px', async () => {
  await anna.page.setViewportSize({ width: 360, height: 740 });
  await anna.id('new-group-open').focus();
  await anna.page.keyboard.press('Enter');
  await anna.id('group-name').focus();
  await anna.page.keyboard.type('Choir');
  await anna.page.keyboard.press('Tab');
  await anna.page.keyboard.type('ben');
  await anna.page.locator('[data-testid=picker-person][data-username=ben]').waitFor();
  await anna.page.keyboard.press('Tab');
  for (let i = 0; i < 4 && !(await anna.id('picker-person').first().evaluate((box) => box === document.activeElement)); i++) await anna.page.keyboard.press('Tab');
  await anna.page.keyboard.press('Space');
  assert.deepEqual(await axe.check(anna.page), []);
  assert.equal(await anna.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await anna.id('group-create').focus();
  await anna.page.keyboard.press('Enter');
  await anna.page.getByTestId('conversation-name').filter({ hasText: 'Choir' }).waitFor();
  await anna.id('system').filter({ hasText: 'anna made the group “Choir”' }).waitFor();
});

test('both write, and each sees who wrote', async () => {
  await ben.id('conversation').filter({ hasText: 'Choir' }).click();
  await anna.say('hello everybody');
  await ben.reads('hello everybody');
  await ben.id('message').filter({ hasText: 'anna' }).first().waitFor();
  await until('anna to see who read it', async () => {
    await anna.id('message').last().hover();
    await anna.id('message').last().getByTestId('message-readers').click();
    return /ben/.test(await anna.id('readers').textContent());
  });
});

test('it is renamed, somebody is added, and roles are given', async () => {
  // On a phone the way leads through the menu.
  await anna.id('conversation-menu').click();
  await anna.id('menu-members').click();
  await anna.id('group-rename').fill('Big choir');
  await anna.id('group-rename-save').click();
  await ben.page.getByTestId('conversation-name').filter({ hasText: 'Big choir' }).waitFor();
  await anna.id('group-add').click();
  await anna.id('picker-search').fill('cleo');
  await anna.page.locator('[data-testid=picker-person][data-username=cleo]').check();
  await anna.id('group-add-save').click();
  await member(anna, 'cleo').waitFor();
  await member(anna, 'ben').getByTestId('member-open').click();
  await member(anna, 'ben').getByTestId('member-admin').click();
  await role(anna, 'ben', 'admin');
  assert.deepEqual(await axe.check(anna.page), []);
  await ben.id('group-open').click();
  await member(ben, 'cleo').getByTestId('member-open').click();
  await member(ben, 'cleo').getByTestId('member-remove').click();
  await member(ben, 'cleo').getByTestId('member-sure').click();
  await until('cleo to be gone', async () => (await member(anna, 'cleo').count()) === 0);
});

test('it gets a colour and a picture, which both see', async () => {
  await ben.id('sheet-close').click();
  await anna.page.locator('[data-testid=group-color][data-color=teal]').focus();
  await anna.page.keyboard.press('Space');
  await ben.id('system').filter({ hasText: 'anna gave the group another colour' }).waitFor();
  // A picture larger than a group's may be: the page makes it small.
  const picture = await anna.page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1600, 900];
    const context = canvas.getContext('2d');
    const noise = context.createImageData(1600, 900);
    for (let i = 0; i < noise.data.length; i++) noise.data[i] = i % 4 === 3 ? 255 : (i * 2654435761) >>> 24;
    context.putImageData(noise, 0, 0);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  await anna.id('group-picture-input').setInputFiles({ name: 'choir.png', mimeType: 'image/png', buffer: Buffer.from(picture, 'base64') });
  await anna.id('group-picture-off').waitFor();
  assert.deepEqual(await axe.check(anna.page), []);
  const shown = ben.id('conversation').locator('img');
  await until('ben to see it', () => shown.evaluate((image) => image.complete && image.naturalWidth === 384));
  await anna.id('group-picture-off').click();
  await until('it to be gone', async () => (await shown.count()) === 0);
});

test('the group is passed on and left', async () => {
  await member(anna, 'ben').getByTestId('member-open').click();
  await member(anna, 'ben').getByTestId('member-owner').click();
  await member(anna, 'ben').getByTestId('member-sure').click();
  await role(anna, 'ben', 'owner');
  await anna.id('group-leave').click();
  await anna.id('group-leave-yes').click();
  await anna.id('person-search').waitFor();
  assert.equal(await anna.id('conversation').count(), 0);
  await ben.id('system').filter({ hasText: 'anna left' }).waitFor();
});
