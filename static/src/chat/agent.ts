// A user agent string as a person would name it. Pure; a guess, for display only.
const BROWSERS: [RegExp, string][] = [
  [/\bEdg\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bSamsungBrowser\//, 'Samsung Internet'], [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'], [/\bSafari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux'],
]

export function programOf(agent: string): string {
  const named = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1]
  const parts = [named(BROWSERS), named(SYSTEMS)].filter(Boolean)
  // Not a browser: a program names itself first.
  return parts[0] && named(BROWSERS) ? parts.join(' · ') : (agent.split(/[\s/]/)[0] ?? '')
}
