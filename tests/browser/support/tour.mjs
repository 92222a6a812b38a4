// A walk through everything the page can show: every view and state, one after the other. Whoever walks looks at each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PASSWORD = 'a good long passphrase';
/** Whose page is looked at in a stop. */
const OTHERS = ['cleo', 'dora.winter', 'emil', 'franz-josef_von_waldburg'];
const WORDS = [
  ['ben', 'Good morning! Did the choir sheets arrive?'],
  ['anna', 'They did, thank you. Second page is *upside down*, though.'],
  ['ben', 'Ha. I print it again. Shall we talk at nine? https://example.org/agenda'],
  ['anna', 'A longer message, to see how the text wraps when somebody has a lot to say about a small matter and cannot stop, not even when everything was said already.'],
  ['ben', 'Fine with me 👍'],
];

/** Accounts, conversations and a group, as after some days of use. `anna` owns the server, `ben` is a friend. */
export async function furnish(server, anna, ben) {
  const claim = readFileSync(join(server.dir, 'data/owner-link.txt'), 'utf8').trim().split('#claim=')[1];
  await anna.register(server, 'anna', PASSWORD);
  await ben.register(server, 'ben', PASSWORD);
  const rest = { anna: await server.as('anna', PASSWORD), ben: await server.as('ben', PASSWORD) };
  await rest.anna.send('POST', '/api/v1/auth/claim', { claim });
  let number = 0;
  async function say(who, conversation, content) {
    return (await who.send('POST', `/api/v1/conversations/${conversation}/messages`, { clientId: `tour-${who.user.username}-${number++}`, content })).json;
  }
  const ids = { anna: rest.anna.user.id, ben: rest.ben.user.id };
  for (const name of OTHERS) {
    const { json } = await server.send('POST', '/api/v1/auth/register', { username: name, email: `${name}@example.org`, password: PASSWORD });
    ids[name] = json.user.id;
    const opened = await rest.anna.send('POST', '/api/v1/conversations', { user: json.user.id });
    await say(rest.anna, opened.json.id, `Hello ${name.split(/[.-]/)[0]}, this is my new address.`);
  }
  const { id: chat } = (await rest.anna.send('POST', '/api/v1/conversations', { user: ids.ben })).json;
  const said = [];
  for (const [who, text] of WORDS) said.push(await say(rest[who], chat, text));
  await rest.ben.send('PUT', `/api/v1/messages/${said[1].id}/reactions`, { emoji: '😂', reacted: true });
  const { id: group } = (await rest.anna.send('POST', '/api/v1/groups', { name: 'Choir practice', members: [ids.ben, ids.cleo] })).json;
  await say(rest.ben, group, 'Who brings the cake on Thursday?');
  return { rest, ids, chat, group };
}

/** What a server answers to `info`, changed; for states that another configuration has. */
const pretending = (person, changed, then) => async () => {
  await person.page.route('**/api/v1/info', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), ...changed } });
  });
  await then();
};

/** The stops for somebody who is not signed in. */
export function outside(server, guest) {
  const open = (path, testid) => async () => {
    await guest.page.goto('about:blank');
    await guest.page.goto(server.url + path);
    await guest.id(testid).first().waitFor();
  };
  return [
    ['sign-in', open('/signin', 'submit')],
    ['sign-in-refused', async () => {
      await guest.id('username').fill('nobody');
      await guest.id('password').fill('not the password');
      await guest.id('submit').click();
      await guest.id('form-error').waitFor();
    }],
    ['register', open('/register', 'email')],
    ['register-invited', open('/#invite=only-to-look-at', 'link-invite')],
    ['register-owner', open('/register#claim=only-to-look-at', 'link-claim')],
    ['register-closed', pretending(guest, { registration: 'closed' }, open('/register', 'register-closed'))],
    ['reset', open('/#reset=only-to-look-at', 'reset-password')],
    ['reset-used', async () => {
      await guest.id('reset-password').fill(PASSWORD);
      await guest.id('reset-submit').click();
      await guest.id('reset-used').waitFor();
    }],
    ['reset-missing', open('/reset', 'reset-missing')],
    ['not-found', async () => {
      await guest.page.goto(`${server.url}/no/such/page`);
      await guest.page.getByRole('main').waitFor();
    }],
    ['trust', async () => {
      await guest.page.goto(`${server.url}/trust`);
      await guest.page.getByRole('main').waitFor();
    }],
    ['api-docs', async () => {
      await guest.page.goto(`${server.url}/api/docs`);
      await guest.page.getByRole('main').waitFor();
    }],
  ];
}

/** The stops of somebody who is signed in. */
export function inside(server, anna, { chat, group, rest }) {
  const open = (path, testid) => async () => {
    await anna.page.goto(server.url + path);
    await anna.id(testid).first().waitFor();
  };
  const press = (testid, then) => async () => {
    await anna.id(testid).first().click();
    await anna.id(then).first().waitFor();
  };
  const escape = async () => {
    await anna.page.keyboard.press('Escape');
  };
  const settings = ['profile', 'looks', 'privacy', 'notifications', 'audio', 'keys', 'sessions', 'app'];
  const first = { profile: 'own-username', looks: 'language', privacy: 'privacy-showOnline', notifications: 'notify-page', audio: 'to-network', keys: 'key', sessions: 'session', app: 'app-offline' };
  return [
    ['chats', open('/', 'conversation')],
    ['chat', async () => {
      await open(`/c/${chat}`, 'message')();
      await anna.reads('Fine with me');
    }],
    ['chat-reply', async () => {
      const message = anna.id('message').filter({ hasText: 'Fine with me' });
      await message.hover();
      await message.getByTestId('message-reply').click();
      await anna.id('composer-about').waitFor();
    }],
    ['chat-unread', async () => {
      await anna.id('composer-drop').click();
      await open('/', 'conversation')();
      for (const n of [1, 2]) await rest.ben.send('POST', `/api/v1/conversations/${chat}/messages`, { clientId: `unread-${Date.now()}-${n}`, content: 'Are you there?' });
      await anna.id('conversation').filter({ hasText: 'Are you there?' }).click();
      await anna.id('unread-line').waitFor();
    }],
    ['chat-menu', press('conversation-menu', 'menu-search')],
    ['search', async () => {
      await escape();
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await open(`/c/${chat}`, 'conversation-menu')();
      await press('conversation-menu', 'menu-search')();
      await anna.id('menu-search').click();
      await anna.id('search-words').fill('nine');
      await anna.id('search-hit').first().waitFor();
    }],
    ['emoji', async () => {
      await open(`/c/${chat}`, 'message')();
      await press('emoji-open', 'emoji-picker')();
    }],
    ['group', async () => {
      await open(`/c/${group}`, 'message')();
      await anna.reads('Who brings the cake');
    }],
    ['group-panel', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await press('conversation-menu', 'menu-members')();
      await press('menu-members', 'group-panel')();
    }],
    ['new-group', async () => {
      await open('/', 'new-group-open')();
      await press('new-group-open', 'new-group')();
    }],
    ['calls', async () => {
      await anna.page.goto(`${server.url}/calls`);
      await anna.page.getByRole('main').waitFor();
    }],
    ['network', open('/network', 'network-start')],
    ['sound', open('/sound', 'sound-start')],
    ['sound-running', press('sound-start', 'sound-record')],
    ['settings', open('/settings', 'settings-looks')],
    ...settings.map((name) => [`settings-${name}`, open(`/settings/${name}`, first[name])]),
    ['admin', open('/admin', 'admin-person')],
    ['admin-menu', press('person-menu', 'person-reset')],
    ['admin-link', press('person-reset', 'link-once')],
    ['admin-question', async () => {
      await anna.id('person-menu').first().click();
      await press('person-switchOff', 'confirm')();
    }],
    ['admin-new', async () => {
      await anna.id('confirm-no').click();
      await press('person-new', 'new-person')();
    }],
    ['invitations', open('/admin/invitations', 'invitations-none')],
    ['invitation-new', press('invite-new', 'new-invitation')],
    ['invitation-made', press('invite-create', 'link-once')],
    ['arrived', async () => {
      await open('/calls', 'nav-chat')();
      const conversation = (await rest.ben.send('GET', `/api/v1/conversations/${chat}`)).json.id;
      // Cards come once the page is idle, and go by themselves; the pointer holds them.
      for (let n = 0; n < 20 && !(await anna.id('arrived').count()); n++) {
        await rest.ben.send('POST', `/api/v1/conversations/${conversation}/messages`, { clientId: `card-${Date.now()}`, content: 'Are you still there? The others are asking.' });
        await anna.id('arrived').first().waitFor({ timeout: 1500 }).catch(() => {});
      }
      await anna.id('arrived').first().hover();
    }],
  ];
}

/** As if so many more were in the call that runs: what the server would tell of them is put into the page. */
export async function crowded(person, more) {
  await person.page.evaluate((count) => {
    const pinia = document.querySelector('#app').__vue_app__.config.globalProperties.$pinia;
    const [calls, chats] = ['calls', 'chats'].map((name) => pinia._s.get(name));
    const { call } = calls;
    const names = ['Amelie', 'bogdan', 'Chiara', 'dmitri_k', 'Elif', 'farid.n', 'Greta', 'hannes', 'Ines', 'jun-seo', 'Kofi', 'Leïla'];
    const ids = Array.from({ length: count }, (_, n) => n.toString(16).padStart(24, 'e'));
    ids.forEach((id, n) => (chats.people[id] = { id, username: `${names[n % names.length]}${n >= names.length ? n : ''}`, createdAt: call.startTime }));
    const legs = ids.map((user, n) => ({ ...call.legs[1], user, device: user, muted: n % 3 === 0, mutedBy: n % 9 === 0 ? call.legs[0].user : null, answeredAt: call.startTime, connectedAt: call.startTime, leftAt: null }));
    calls.onCall({ type: 'updated', call: { ...call, receiver: null, legs: [...call.legs, ...legs] }, now: Date.now() });
    calls.onSpeaking(call.id, [ids[40], ids[77]]);
  }, more);
  await person.page.locator('[data-testid=call-tile][data-speaking=true]').nth(1).waitFor();
}

/** Two people in a call, as each of them sees it. */
export function calling(server, anna, ben, { chat }) {
  return [
    [ben, 'call-incoming', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await anna.page.goto(`${server.url}/c/${chat}`);
      await anna.id('call-start').click();
      await ben.id('call-accept').waitFor();
    }],
    [anna, 'call-outgoing', async () => {
      await anna.id('call-hangup').waitFor();
    }],
    [anna, 'call-active', async () => {
      await ben.page.setViewportSize({ width: 1280, height: 800 });
      await ben.id('call-accept').click();
      await anna.id('call-timer').waitFor();
    }],
    [anna, 'call-bar', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await anna.id('call-minimise').click();
      await anna.page.locator('[data-testid=call-bars]:not([data-bars="0"])').waitFor();
    }],
    [anna, 'call-figures', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await anna.id('call-expand').click();
      await anna.id('call-bars').click();
      await anna.id('call-quality').waitFor();
    }],
    [anna, 'call-hundred', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await anna.id('call-bars').click();
      await crowded(anna, 98);
    }],
    [anna, 'call-ended', async () => {
      await ben.id('call-hangup').click();
      await anna.page.locator('[data-testid=call-state][data-state=ended]').waitFor();
    }],
    [anna, 'calls-after', async () => {
      await anna.page.setViewportSize({ width: 1280, height: 800 });
      await anna.page.goto(`${server.url}/calls`);
      await anna.id('history-row').first().waitFor();
    }],
  ];
}
