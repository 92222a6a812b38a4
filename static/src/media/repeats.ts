// Lost packets can be sent again (RTCP NACK, RFC 4585) where the browser knows how. Chromium does so for audio if the
// answer says so, but never offers it by itself; so it is said for it in the offer that goes to the relay. Its own copy of
// the offer stays as it was made. Pure text.

/** The offer with NACK for Opus, in browsers that have transport-wide feedback for it: those built on libwebrtc. */
export function askForRepeats(sdp: string): string {
  const sections = sdp.split(/(?=^m=)/m)
  return sections.map((section) => (section.startsWith('m=audio') ? inSection(section) : section)).join('')
}

function inSection(section: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(section)?.[1]
  if (!opus || new RegExp(`^a=rtcp-fb:${opus} nack\\r?$`, 'm').test(section)) return section
  return section.replace(new RegExp(`^a=rtcp-fb:${opus} transport-cc(\\r?\\n)`, 'm'), (line, end: string) => `${line}a=rtcp-fb:${opus} nack${end}`)
}
