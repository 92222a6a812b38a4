//! PURE: which names this server goes by, which pages may talk to it, and what its cookie is called. Shared by REST and
//! sockets, which must decide alike. Knows no HTTP library: headers come as text.

/// The cookie that holds a page's session token. `__Host-` makes browsers insist on Secure, `Path=/` and no Domain.
pub const COOKIE: &str = "__Host-charla";

/// What this server is called and who may speak to it.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Shown to people.
    pub name: String,
    pub version: String,
    /// Host names and addresses that requests may be for, without a port; `localhost` and the loopback addresses
    /// always are.
    pub hosts: Vec<String>,
    /// Whether browsers may be told to insist on HTTPS for a year. Not with a certificate of the local CA: a browser
    /// that was told so lets nobody past a certificate it does not trust, and the local CA is made anew whenever its
    /// files are lost.
    pub hsts: bool,
}

impl Site {
    /// Charla of this version, going by these names.
    pub fn new(mut hosts: Vec<String>, hsts: bool) -> Self {
        hosts.sort();
        hosts.dedup();
        Self { name: "Charla".into(), version: env!("CARGO_PKG_VERSION").into(), hosts, hsts }
    }

    /// Whether a request with this `Host` (or `:authority`) is for us. Without regard to case and port.
    pub fn is_ours(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        let name = name.strip_suffix('.').unwrap_or(name);
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| name.eq_ignore_ascii_case(own))
            || self.hosts.iter().any(|own| same_name(own, name))
    }

    /// Whether a page of `origin` is this server's own page, the request being for `host`. Exact: scheme, name and port
    /// must be those that the request itself came to, and `host` must be ours.
    pub fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        let Some(authority) = origin.strip_prefix("https://") else { return false };
        self.is_ours(host) && canonical(authority).eq_ignore_ascii_case(canonical(host))
    }
}

/// The session token in a `Cookie` header.
pub fn session_cookie(header: &str) -> Option<&str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|p| p.1)
}

/// The authority without the port that https implies.
fn canonical(authority: &str) -> &str {
    authority.strip_suffix(":443").unwrap_or(authority)
}

/// `name`, `[v6]` or `v4` of `name:port`; `None` if it is no authority at all.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = match host.rfind(']') {
        Some(end) => host.split_at(end + 1),
        None => host.find(':').map_or((host, ""), |colon| host.split_at(colon)),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let port_is_fine =
        port.is_empty() || (port.starts_with(':') && digits.bytes().all(|b| b.is_ascii_digit()));
    (!name.is_empty() && port_is_fine).then_some(name)
}

/// An IPv6 address is written with brackets in a Host header and without them in a list of addresses.
fn same_name(own: &str, name: &str) -> bool {
    let bare = |text: &str| {
        text.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
    };
    bare(own) == bare(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site {
            hosts: vec!["Chat.example".into(), "192.0.2.7".into(), "2001:db8::7".into()],
            ..Site::default()
        }
    }

    #[test]
    fn hosts_are_compared_without_case_and_port() {
        for ours in [
            "chat.example",
            "CHAT.EXAMPLE:8443",
            "chat.example.",
            "chat.example.:8443",
            "192.0.2.7:1",
            "[2001:db8::7]:8443",
            "[2001:db8::7]",
            "localhost",
            "localhost:8443",
            "127.0.0.1:9",
            "[::1]:8443",
        ] {
            assert!(site().is_ours(ours), "{ours}");
        }
        for foreign in [
            "",
            ":8443",
            "evil.example",
            "chat.example.evil.example",
            "notchat.example",
            "chat.example@evil.example",
            "chat.example:8443:1",
            "chat.example:x",
            "192.0.2.70",
            "[2001:db8::70]",
            "[::1]x",
            "[::1",
            "user:pass@localhost",
        ] {
            assert!(!site().is_ours(foreign), "{foreign}");
        }
    }

    #[test]
    fn an_origin_is_ours_only_exactly() {
        let host = "chat.example:8443";
        assert!(site().is_own_origin("https://chat.example:8443", host));
        assert!(site().is_own_origin("https://CHAT.example:8443", host));
        for foreign in [
            "null",
            "",
            "http://chat.example:8443",
            "https://chat.example",
            "https://chat.example:8444",
            "https://chat.example:84431",
            "https://chat.example:8443.evil.example",
            "https://chat.example:8443/",
            "https://evil.example",
            "https://192.0.2.7:8443",
            "chat.example:8443",
        ] {
            assert!(!site().is_own_origin(foreign, host), "{foreign}");
        }
        assert!(site().is_own_origin("https://chat.example", "chat.example:443"));
        assert!(site().is_own_origin("https://chat.example", "chat.example"));
        assert!(!site().is_own_origin("https://evil.example", "evil.example"), "a forged Host helps nobody");
    }

    #[test]
    fn the_cookie_is_found_by_its_whole_name() {
        assert_eq!(session_cookie("a=b; __Host-charla=tok; c=d"), Some("tok"));
        assert_eq!(session_cookie("x__Host-charla=tok"), None);
        assert_eq!(session_cookie("__Host-charla2=tok; junk"), None);
        assert_eq!(session_cookie(""), None);
    }
}
