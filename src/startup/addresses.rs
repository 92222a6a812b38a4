//! Which addresses and names this machine has, where media is sent to, and what its URLs are. All but `here` is PURE.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use if_addrs::IfOperStatus;

use crate::config::Config;
use crate::port::authority::Names;
use crate::port::tls::host_name;

/// IPv6 privacy addresses pile up; an answer announces no more than so many addresses.
const ANNOUNCED_MAX: usize = 12;

/// What the machine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// What it calls itself, in lower case.
    pub host: String,
    /// Addresses of the interfaces that are up: IPv4 before IPv6, loopback last; no link-local ones.
    pub addresses: Vec<IpAddr>,
}

impl Machine {
    /// Asks the system.
    pub fn here() -> Self {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|e| {
            tracing::warn!(error = %e, "the network interfaces cannot be listed");
            Vec::new()
        });
        let up = interfaces.iter().filter(|i| {
            !matches!(
                i.oper_status,
                IfOperStatus::Down | IfOperStatus::NotPresent | IfOperStatus::LowerLayerDown
            )
        });
        Self { host: host_name(), addresses: sorted(up.map(if_addrs::Interface::ip)) }
    }
}

fn sorted(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let usable = addresses.filter(|ip| match ip {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    });
    let distinct: BTreeSet<_> = usable.map(|ip| (ip.is_loopback(), ip.is_ipv6(), ip)).collect();
    distinct.into_iter().map(|(_, _, ip)| ip).collect()
}

/// The names and addresses that the certificate should be for, and under which requests are welcome.
pub fn names(config: &Config, machine: &Machine) -> Names {
    let mut names = Names::default();
    names.dns.insert("localhost".into());
    if machine.host != "localhost" {
        names.dns.insert(machine.host.clone());
        if !machine.host.contains('.') {
            // What multicast DNS makes of it in a local network.
            names.dns.insert(format!("{}.local", machine.host));
        }
    }
    names.ips.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    names.ips.extend(machine.addresses.iter().chain(&config.media.public_ip));
    names.ips.extend(config.server.listen.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()));
    for host in config.server.hosts.iter().chain([&config.server.public_name]).filter(|host| !host.is_empty())
    {
        match host.parse() {
            Ok(ip) => {
                names.ips.insert(ip);
            }
            Err(_) => {
                names.dns.insert(host.to_ascii_lowercase());
            }
        }
    }
    names
}

/// Where media goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaAddresses {
    /// UDP addresses to bind, one socket each: a wildcard would answer from the wrong one.
    pub bind: Vec<SocketAddr>,
    /// What callers are told to send to, over UDP and over TCP.
    pub announce: Vec<SocketAddr>,
}

/// Where media goes if HTTPS is served on `listen`. Callers on this machine are served too, so loopback comes along,
/// last; with addresses that the operator names, only those are announced.
pub fn media_addresses(listen: &[SocketAddr], machine: &Machine, public_ip: &[IpAddr]) -> MediaAddresses {
    let mut bind: Vec<SocketAddr> = Vec::new();
    for address in listen {
        let all = machine.addresses.iter().filter(|ip| ip.is_ipv4() == address.is_ipv4());
        let fallback = match address.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        let ips: Vec<IpAddr> = match (address.ip().is_unspecified(), machine.addresses.is_empty()) {
            (true, false) => all.copied().collect(),
            (true, true) => vec![fallback],
            (false, _) => vec![address.ip()],
        };
        bind.extend(ips.into_iter().map(|ip| SocketAddr::new(ip, address.port())));
    }
    bind.sort_by_key(|a| (a.ip().is_loopback(), a.is_ipv6()));
    bind.dedup();
    bind.truncate(ANNOUNCED_MAX);
    let port = listen.first().map_or(0, SocketAddr::port);
    let announce = match public_ip {
        [] => bind.clone(),
        given => given.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
    };
    MediaAddresses { bind, announce }
}

/// How this server is reached, the best one first.
pub fn urls(config: &Config, machine: &Machine, listen: &[SocketAddr]) -> Vec<String> {
    let port = public_port(config, listen);
    let mut hosts: Vec<String> = Vec::new();
    if !config.server.public_name.is_empty() {
        hosts.push(config.server.public_name.clone());
    }
    hosts.extend(config.server.hosts.iter().map(|host| host.parse().map_or(host.clone(), host_of)));
    // IPv6 addresses nobody types: they are left to the names.
    let reached = media_addresses(listen, machine, &config.media.public_ip).announce;
    let outside = reached.iter().filter(|a| !a.ip().is_loopback() && a.is_ipv4());
    hosts.extend(outside.map(|a| a.ip().to_string()));
    if listen.iter().any(|a| a.ip().is_loopback() || a.ip().is_unspecified()) {
        hosts.push("localhost".into());
    }
    let mut urls: Vec<String> = Vec::new();
    for host in hosts {
        let url = if port == 443 { format!("https://{host}/") } else { format!("https://{host}:{port}/") };
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// What callers are told, where another port leads to us from outside; 0: the same one.
pub fn with_port(mut announce: Vec<SocketAddr>, public_port: u16) -> Vec<SocketAddr> {
    if public_port != 0 {
        announce.iter_mut().for_each(|address| address.set_port(public_port));
    }
    announce
}

/// The port that people reach.
pub fn public_port(config: &Config, listen: &[SocketAddr]) -> u16 {
    match config.server.public_port {
        0 => listen.first().map_or(0, SocketAddr::port),
        port => port,
    }
}

/// Where TURN is served over TCP, in the clear and inside TLS: under the name that people type, else at the first
/// address of each family that callers are told. Some browsers believe no certificate of a bare address; those reach
/// the plain one.
pub fn turn_urls(config: &Config, machine: &Machine, listen: &[SocketAddr]) -> Vec<String> {
    let port = public_port(config, listen);
    let name = &config.server.public_name;
    let hosts: Vec<String> = if name.is_empty() {
        let told = media_addresses(listen, machine, &config.media.public_ip).announce;
        let first = |v4: bool| told.iter().map(SocketAddr::ip).find(|ip| ip.is_ipv4() == v4);
        // Loopback comes last among them; it is worth a try where there is nothing else.
        let any_outside = told.iter().any(|address| !address.ip().is_loopback());
        let chosen = [first(true), first(false)].into_iter().flatten();
        chosen.filter(|ip| !any_outside || !ip.is_loopback()).map(host_of).collect()
    } else {
        vec![name.clone()]
    };
    let both =
        |host: &String| ["turn", "turns"].map(|scheme| format!("{scheme}:{host}:{port}?transport=tcp"));
    hosts.iter().flat_map(both).collect()
}

/// An address as it stands in a URL.
fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// Whether anybody outside a private network could reach this address.
pub fn is_public(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }
    fn sockets(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }
    fn machine() -> Machine {
        Machine {
            host: "box".into(),
            addresses: sorted(
                ips(&["127.0.0.1", "::1", "fe80::1", "2001:db8::5", "192.168.1.5", "169.254.1.1"])
                    .into_iter(),
            ),
        }
    }

    #[test]
    fn loopback_is_last_and_link_local_is_left_out() {
        assert_eq!(machine().addresses, ips(&["192.168.1.5", "2001:db8::5", "127.0.0.1", "::1"]));
        assert!(!Machine::here().addresses.is_empty(), "a machine has at least its loopback");
    }

    #[test]
    fn media_binds_each_address_and_announces_what_callers_reach() {
        let all = sockets(&["0.0.0.0:8443", "[::]:8443"]);
        let everywhere = media_addresses(&all, &machine(), &[]);
        let expected = sockets(&["192.168.1.5:8443", "[2001:db8::5]:8443", "127.0.0.1:8443", "[::1]:8443"]);
        assert_eq!(everywhere.bind, expected);
        assert_eq!(everywhere.announce, expected);

        let behind_nat = media_addresses(&all, &machine(), &ips(&["203.0.113.7"]));
        assert_eq!(behind_nat.bind, expected);
        assert_eq!(behind_nat.announce, sockets(&["203.0.113.7:8443"]));

        let one = media_addresses(&sockets(&["127.0.0.1:9"]), &machine(), &[]);
        assert_eq!((one.bind.clone(), one.announce), (sockets(&["127.0.0.1:9"]), one.bind));
        let v4 = media_addresses(&all[..1], &machine(), &[]);
        assert!(v4.bind.iter().all(SocketAddr::is_ipv4));
        let lost = media_addresses(&all, &Machine::default(), &[]);
        assert_eq!(lost.bind, sockets(&["127.0.0.1:8443", "[::1]:8443"]));
    }

    #[test]
    fn the_certificate_is_for_every_name_the_machine_has() {
        let mut config = Config::default();
        config.server.public_name = "Chat.Example.org".into();
        config.server.hosts = vec!["192.0.2.9".into(), "other.example".into()];
        config.media.public_ip = ips(&["203.0.113.7"]);
        let names = names(&config, &machine());
        for name in ["localhost", "box", "box.local", "chat.example.org", "other.example"] {
            assert!(names.covers_name(name), "{name}");
        }
        for ip in ips(&["127.0.0.1", "::1", "192.168.1.5", "2001:db8::5", "192.0.2.9", "203.0.113.7"]) {
            assert!(names.ips.contains(&ip), "{ip}");
        }
    }

    #[test]
    fn the_best_url_comes_first() {
        let mut config = Config::default();
        let listen = config.server.listen.clone();
        assert_eq!(
            urls(&config, &machine(), &listen),
            ["https://192.168.1.5:8443/", "https://localhost:8443/"]
        );
        config.server.public_name = "chat.example.org".into();
        config.server.hosts = vec!["2001:db8::5".into()];
        let listen = sockets(&["192.168.1.5:443"]);
        assert_eq!(
            urls(&config, &machine(), &listen),
            ["https://chat.example.org/", "https://[2001:db8::5]/", "https://192.168.1.5/"]
        );
    }

    #[test]
    fn turn_is_served_under_the_name_else_at_the_first_address_of_each_family() {
        let mut config = Config::default();
        let listen = config.server.listen.clone();
        assert_eq!(
            turn_urls(&config, &machine(), &listen),
            [
                "turn:192.168.1.5:8443?transport=tcp",
                "turns:192.168.1.5:8443?transport=tcp",
                "turn:[2001:db8::5]:8443?transport=tcp",
                "turns:[2001:db8::5]:8443?transport=tcp",
            ]
        );
        let only_here = sockets(&["127.0.0.1:9"]);
        assert_eq!(turn_urls(&config, &machine(), &only_here)[0], "turn:127.0.0.1:9?transport=tcp");
        config.media.public_ip = ips(&["203.0.113.7"]);
        assert_eq!(turn_urls(&config, &machine(), &listen).len(), 2, "what the operator names, and no more");
        config.server.public_name = "chat.example.org".into();
        assert_eq!(
            turn_urls(&config, &machine(), &sockets(&["0.0.0.0:443"])),
            ["turn:chat.example.org:443?transport=tcp", "turns:chat.example.org:443?transport=tcp"]
        );
    }

    #[test]
    fn private_addresses_are_known() {
        for ip in ips(&["10.1.1.1", "172.16.0.1", "192.168.0.1", "127.0.0.1", "100.64.0.1", "::1", "fd00::1"])
        {
            assert!(!is_public(&ip), "{ip}");
        }
        for ip in ips(&["203.0.113.7", "100.63.0.1", "2001:db8::1"]) {
            assert!(is_public(&ip), "{ip}");
        }
    }
}
