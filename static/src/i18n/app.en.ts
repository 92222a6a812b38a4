// English: what the page tells unasked, and the pages that links lead to. Loaded after the first view.
export default {
  extra: {
    update: 'A new version of Charla is ready.', reload: 'Load it', later: 'Later', arrived: 'New messages', open: 'Open the chat with {name}', wrote: '{name}', something: 'New message', attachment: 'Sent a file',
    call: '{name} is calling', callHint: 'Click to answer in Charla.', missed: 'Missed call from {name}', missedHint: 'Click to open the chat.', inviteInside: 'You opened an invitation, but you are signed in already. It is for somebody who has no account yet.',
  },
  reset: {
    title: 'Set your password', text: 'Somebody who runs this server gave you this link. Choose a password, and sign in with it.', set: 'Set password', done: 'Your password is set. Sign in with it now; every device has been signed out.', toSignIn: 'To sign in',
    missing: 'Open the whole link', missingHint: 'This page needs the link as you were given it, with what stands after the #. A link works once, and only in the tab in which it was opened.', used: 'This link was used already, is too old, or was replaced by a newer one. Ask whoever gave it to you for another.',
  },
}
