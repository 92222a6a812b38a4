// English: the settings. Loaded with their view.
export default {
  settings: {
    title: 'Settings', owner: 'Owner of this server', appearance: 'Appearance', theme: 'Theme', system: 'As the system', light: 'Light', dark: 'Dark', language: 'Language',
    sound: 'Sound', soundHint: 'Names of devices appear once the microphone has been allowed.', allow: 'Allow microphone',
    notifications: 'Notifications', notifyOn: 'On', notifyOff: 'Allow notifications', notifyDenied: 'Blocked by the browser', notifyHint: 'Tells you of calls and messages while this page is in the background.',
    password: 'Password', oldPassword: 'Current password', newPassword: 'New password', change: 'Change password', wrongOld: 'The current password is not right.', changed: 'Password changed. Every other session has ended.',
    sessions: 'Sessions', sessionsHint: 'Where you are signed in. End what you do not know.', current: 'This one', lastSeen: 'Last used {when}', end: 'End', endSession: 'End session: {name}', unknownAgent: 'Unknown program',
    network: 'Network', networkHint: 'Calls do not connect, or sound bad? See which ways to the server this network lets through.', networkTest: 'Test my network',
    signOut: 'Sign out', version: 'Charla {version}', endedOne: 'Session ended.',
  },
}
