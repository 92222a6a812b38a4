// English. The other languages have exactly these keys.
export default {
  app: {
    name: 'Charla', 
    unreachable: 'The server cannot be reached', unreachableHint: 'Check your connection. Nothing you wrote is lost.',
    retry: 'Try again', skip: 'Skip to content', close: 'Close', back: 'Back', 
    notFound: 'There is nothing here', notFoundHint: 'The page you asked for does not exist.', home: 'To your chats',
  },
  nav: { admin: 'Server', label: 'Main', chats: 'Chats', calls: 'Calls', settings: 'Settings', unread: '{n} unread chat | {n} unread chats', missed: '{n} missed call | {n} missed calls' },
  auth: {
    signIn: 'Sign in', signInTitle: 'Welcome back', register: 'Create account', registerTitle: 'Make an account',
    username: 'Username', usernameOrEmail: 'Username or e-mail', email: 'E-mail', password: 'Password',
    usernameHint: '3 to 32 letters, digits or _ . -', passwordHint: 'At least 8 characters. A short sentence is good.',
    show: 'Show password', hide: 'Hide password', noAccount: 'New here?', haveAccount: 'You have an account?',
    closed: 'This server takes no new accounts. Ask whoever runs it.', byInvitation: 'New accounts need an invitation here: a link that whoever runs this server gives you.', invited: 'You are invited. Make an account, and you are in.',
    signedOut: 'You are signed out.', ended: 'Your session has ended. Please sign in again.',
    claim: 'You opened the owner link. Sign in or make an account, and this server is yours.',
    claimed: 'This server is yours now.', claimFailed: 'The owner link could not be used: {why}',
    hero1: 'Say it.', hero2: 'Or call.', heroText: 'Your words and your voice stay on a server that you know.',
  },
  error: {
    generic: 'That did not work. Please try again.', offline: 'The server cannot be reached. Check your connection.',
    timeout: 'The server took too long to answer. Please try again.',
    tooMany: 'Too many attempts. Try again in {n} second. | Too many attempts. Try again in {n} seconds.',
  },
  code: {
    wrongCredentials: 'The name or the password is not right.', registrationClosed: 'This server takes no new accounts.', busy: 'You are already in another call.',
    conflict: 'That is no longer possible: things have changed meanwhile.', unusableOffer: 'The server and this browser found no common way to carry sound.',
    internal: 'Something went wrong on the server. Please try again.', unavailable: 'The server cannot do that right now. Please try again.',
  },
  link: { lost: 'No connection. Trying again …', },
  chats: {
    title: 'Chats', search: 'Find people', searching: 'Searching …', nobody: 'Nobody is called “{query}…”.',
    people: 'People', empty: 'No chats yet', emptyHint: 'Find somebody by username and say hello.',
    presence: { online: 'Online', away: 'Away', doNotDisturb: 'Do not disturb', offline: 'Offline' }, muted: 'Muted', draft: 'Draft:', find: 'Search messages',
    carries: { image: 'Picture', video: 'Video', audio: 'Sound', voice: 'Voice message', file: 'File' },
    newGroup: 'New group', group: 'Members and settings of {name}',
    pick: 'Pick a chat', pickHint: 'Or find somebody new. What you write arrives even if they are away.',
    you: 'You: {text}', start: 'No messages yet', unread: '{n} unread message | {n} unread messages', clear: 'Clear search', list: 'Conversations',
    missing: 'This conversation does not exist, or is not yours.',
  },
  chat: {
    typing: '{name} is typing …', from: '{name} wrote: {text}', me: 'You', gone: 'This message was deleted',
    did: {
      colorChanged: '{who} gave the group another colour', colorChanged_none: '{who} took the group’s colour away',
      pictureChanged: '{who} gave the group a picture', pictureChanged_none: '{who} took the group’s picture away',
      created: '{who} made the group “{name}”', renamed: '{who} named the group “{name}”', added: '{who} added {whom}',
      removed: '{who} removed {whom}', left: '{who} left', role_owner: '{who} passed the group on to {whom}',
      role_admin: '{who} made {whom} an admin', role_member: '{who} made {whom} an ordinary member',
    },
  },
  call: { incoming: '{name} is calling', incomingHint: 'Voice call', microphone: 'Microphone', speaker: 'Speaker', default: 'System default', device: 'Device {n}', onCall: 'In a call' },
}
