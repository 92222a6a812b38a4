// What each network lets through, as nftables rules of the router in front of it. Pure: a profile's name goes in,
// rules come out. Whatever is forbidden is dropped silently, the slow and realistic case.

/** Profile → what it stands for. `open` has no router at all. */
export const PROFILES = {
  open: 'a public address of its own, no router',
  cone: 'NAT whose mapping and filter do not depend on the other end (full cone)',
  home: 'NAT with one mapping for all, whose filter depends on address and port: the usual router at home',
  symmetric: 'NAT with another mapping for every other end',
  noudp: 'home, but no UDP at all',
  web: 'only TCP to ports 80 and 443',
  tls443: 'only TCP to port 443, and only if the first byte is that of TLS',
  proxy: 'nothing at all but an HTTP proxy that allows CONNECT to port 443',
};

const ALLOWED = {
  cone: ['accept'],
  home: ['iifname "lan0" accept'],
  symmetric: ['iifname "lan0" accept'],
  noudp: ['iifname "lan0" meta l4proto tcp accept'],
  web: ['iifname "lan0" tcp dport { 80, 443 } accept'],
  tls443: ['iifname "lan0" tcp dport 443 accept'],
  proxy: [],
};

// The first payload byte that the client sends decides; the mark keeps the verdict for the rest of the connection.
const INSPECTION = [
  'iifname "lan0" tcp dport 443 ct mark 0 @ih,0,8 0x16 ct mark set 1',
  'iifname "lan0" tcp dport 443 ct mark 0 @ih,0,8 != 0x16 drop',
];

/** The router's whole rule set; `client` is the address behind it. */
export function rules(profile, client) {
  const allowed = ALLOWED[profile];
  if (!allowed) throw new Error(`no such profile: ${profile}`);
  const inspection = profile === 'tls443' ? INSPECTION : [];
  const inward = profile === 'cone' ? [`iifname "wan0" udp dport 1024-65535 dnat to ${client}`] : [];
  const masquerade = profile === 'symmetric' ? 'masquerade fully-random' : 'masquerade';
  return `flush ruleset
table ip nat {
  chain before { type nat hook prerouting priority dstnat; policy accept;
    ${inward.join('\n    ')}
  }
  chain after { type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" ${masquerade}
  }
}
table ip filter {
  chain to_router { type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname { "lo", "lan0" } accept
    ip protocol icmp accept
  }
  chain through { type filter hook forward priority filter; policy drop;
    ${[...inspection, 'ct state established,related accept', ...allowed].join('\n    ')}
  }
}
`;
}
