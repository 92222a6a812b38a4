// English: administration. Loaded with its view.
export default {
  admin: {
    title: 'Administration', people: 'People', invitations: 'Invitations', notYours: 'This is for those who run the server.', notYoursHint: 'Ask an owner if you should be one of them.',
    registration: { open: 'Anybody who reaches this server may make an account.', invite: 'New accounts need an invitation.', closed: 'New accounts are made by administrators only.' }, registrationHint: 'Set by accounts.registration in config.toml.',
    find: 'Find people', role: 'Role', everyRole: 'Every role', owner: 'Owner', admin: 'Administrator', member: 'Member', state: 'State', everyState: 'On and off', enabled: 'Switched on', disabled: 'Switched off',
    you: 'You', more: 'Show more', nobody: 'Nobody fits that.', since: 'since {when}', actions: 'What to do with {name}', count: '{n} person | {n} people', counting: 'At least {n} person | At least {n} people',
    makeOwner: 'Make owner', makeAdmin: 'Make administrator', makeMember: 'Make ordinary member', switchOff: 'Switch off', switchOn: 'Switch on', resetLink: 'Link to set a new password',
    sureOff: 'Switch {name} off?', sureOffHint: 'Signed out everywhere at once, found by nobody, reached by nobody. Name, chats and groups are kept, and you can switch the account on again.',
    sureOwner: 'Make {name} an owner?', sureOwnerHint: 'An owner may do everything you may, and take this back from you.', cancel: 'Cancel',
    nowOff: '{name} is switched off.', nowOn: '{name} is switched on.', nowRole: '{name}: {role}.',
    add: 'New person', addTitle: 'A new person', addHint: 'The account has no password yet: its person sets one by the link that you get here.', create: 'Make the account',
    link: 'Link for {name}', linkOnce: 'Shown this once. It works once, until {when}. Give it only to {name}: whoever opens it sets the password.', copy: 'Copy link', copied: 'Copied', done: 'Done',
    invite: 'New invitation', inviteTitle: 'A new invitation', note: 'Note', noteHint: 'For you, to know it by. Nobody else sees it.', uses: 'How many accounts', hours: 'Valid for', hour: '{n} hour | {n} hours', day: '{n} day | {n} days', makeLink: 'Make the link',
    inviteLink: 'The invitation', inviteOnce: 'Shown this once. It makes {n} account until {when}. | Shown this once. It makes up to {n} accounts until {when}.', noNote: 'No note', used: '{uses} of {max} used', until: 'until {when}', expired: 'expired', usedUp: 'used up',
    revoke: 'Revoke', revokeName: 'Revoke: {name}', sureRevoke: 'Revoke this invitation?', sureRevokeHint: 'Its link opens nothing any more. The accounts it made stay.', revoked: 'Revoked.', noInvitations: 'No invitations', noInvitationsHint: 'An invitation is a link by which somebody makes an account of his own.',
    closedNote: 'Registration is closed: invitations open nothing until accounts.registration is “invite” or “open”.', openNote: 'Registration is open: an invitation is not needed.',
  },
}
